import { host, port, protocols, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { luaCode, number, text, textSet } from './support/fields.js';
import { severities } from './support/severity.js';

/** https://docs.konghq.com/hub/kong-inc/loggly/ */
export const loggly: PluginSchema = {
  name: 'loggly',
  protocols,
  config: record({
    host: { ...host, default: 'logs-01.loggly.com' },
    port: { ...port, default: 514 },
    key: text({ required: true, referenceable: true }),
    tags: textSet({ default: ['kong'] }),
    ...severities({}),
    timeout: number({ default: 10000 }),
    custom_fields_by_lua: luaCode,
  }),
};
