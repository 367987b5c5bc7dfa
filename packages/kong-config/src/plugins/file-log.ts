import { protocols, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { flag, luaCode, text } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/file-log/ */
export const fileLog: PluginSchema = {
  name: 'file-log',
  protocols,
  config: record({
    path: text({ required: true, match: /^[^*&%\\`]+$/, err: 'not a valid filename' }),
    reopen: flag(false),
    custom_fields_by_lua: luaCode,
  }),
};
