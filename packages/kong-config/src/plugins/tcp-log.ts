import { host, port, protocols, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { flag, luaCode, number, text } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/tcp-log/ */
export const tcpLog: PluginSchema = {
  name: 'tcp-log',
  protocols,
  config: record({
    host: { ...host, required: true },
    port: { ...port, required: true },
    /** Milliseconds. */
    timeout: number({ default: 10000 }),
    keepalive: number({ default: 60000 }),
    tls: flag(false),
    tls_sni: text(),
    custom_fields_by_lua: luaCode,
  }),
};
