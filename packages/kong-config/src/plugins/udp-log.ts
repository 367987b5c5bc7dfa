import { host, port, protocols, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { luaCode, number } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/udp-log/ */
export const udpLog: PluginSchema = {
  name: 'udp-log',
  protocols,
  config: record({
    host: { ...host, required: true },
    port: { ...port, required: true },
    /** Milliseconds. */
    timeout: number({ default: 10000 }),
    custom_fields_by_lua: luaCode,
  }),
};
