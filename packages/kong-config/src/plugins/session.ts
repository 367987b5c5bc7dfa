import { protocols, record } from '../schema/typedefs.js';
import type { PluginSchema, Shorthand } from '../schema/types.js';
import { choice, looseFlag, number, text, textSet } from './support/fields.js';

const HEADERS = ['id', 'audience', 'subject', 'timeout', 'idling-timeout', 'rolling-timeout', 'absolute-timeout'];

function renamed(field: Shorthand['field'], name: string): Shorthand {
  return { field, expand: (value) => ({ [name]: value }) };
}

/** Names of before Kong 3.2. */
const OLD_NAMES: Readonly<Record<string, Shorthand>> = {
  cookie_lifetime: renamed(number(), 'rolling_timeout'),
  cookie_idletime: { field: number(), expand: (value) => ({ idling_timeout: value ?? 0 }) },
  cookie_renew: { field: number(), expand: () => null },
  cookie_discard: renamed(number(), 'stale_ttl'),
  cookie_samesite: { field: text(), expand: (value) => ({ cookie_same_site: value === 'off' ? 'Lax' : value }) },
  cookie_httponly: renamed({ type: 'boolean' }, 'cookie_http_only'),
  cookie_persistent: renamed({ type: 'boolean' }, 'remember'),
};

/** https://docs.konghq.com/hub/kong-inc/session/ ; times are in seconds. */
export const session: PluginSchema = {
  name: 'session',
  no_consumer: true,
  protocols,
  config: record(
    {
      secret: text({ auto: true, referenceable: true }),
      storage: choice(['cookie', 'kong']),
      audience: text({ default: 'default' }),
      idling_timeout: number({ default: 900 }),
      rolling_timeout: number({ default: 3600 }),
      absolute_timeout: number({ default: 86400 }),
      stale_ttl: number({ default: 10 }),
      cookie_name: text({ default: 'session' }),
      cookie_path: text({ default: '/' }),
      cookie_domain: text(),
      cookie_same_site: choice(['Strict', 'Lax', 'None', 'Default']),
      cookie_http_only: looseFlag(true),
      cookie_secure: looseFlag(true),
      remember: looseFlag(false),
      remember_cookie_name: text({ default: 'remember' }),
      remember_rolling_timeout: number({ default: 604800 }),
      remember_absolute_timeout: number({ default: 2592000 }),
      response_headers: textSet({}, { one_of: HEADERS }),
      request_headers: textSet({}, { one_of: HEADERS }),
      read_body_for_logout: looseFlag(false),
      logout_methods: textSet({ default: ['POST', 'DELETE'] }, { one_of: ['GET', 'POST', 'DELETE'] }),
      logout_query_arg: text({ default: 'session_logout' }),
      logout_post_arg: text({ default: 'session_logout' }),
    },
    { shorthand_fields: OLD_NAMES },
  ),
};
