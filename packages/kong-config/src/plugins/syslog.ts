import { protocols, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { luaCode, text } from './support/fields.js';
import { severities } from './support/severity.js';

const FACILITIES = `auth authpriv cron daemon ftp kern lpr mail news syslog user uucp
  local0 local1 local2 local3 local4 local5 local6 local7`.split(/\s+/);

/** https://docs.konghq.com/hub/kong-inc/syslog/ */
export const syslog: PluginSchema = {
  name: 'syslog',
  protocols,
  config: record({
    ...severities({ required: true }),
    custom_fields_by_lua: luaCode,
    facility: text({ default: 'user', required: true, one_of: FACILITIES }),
  }),
};
