import { host, port, protocolsHttp, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { anonymous, flag, number, realm, text } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/ldap-auth/ */
export const ldapAuth: PluginSchema = {
  name: 'ldap-auth',
  no_consumer: true,
  protocols: protocolsHttp,
  config: record(
    {
      ldap_host: { ...host, required: true },
      ldap_port: { ...port, required: true, default: 389 },
      ldaps: flag(false),
      start_tls: flag(false),
      verify_ldap_host: flag(false),
      base_dn: text({ required: true }),
      attribute: text({ required: true }),
      /** Seconds. */
      cache_ttl: number({ required: true, default: 60 }),
      hide_credentials: flag(false),
      /** Milliseconds. */
      timeout: number({ default: 10000 }),
      keepalive: number({ default: 60000 }),
      ...anonymous,
      header_type: text({ default: 'ldap' }),
      ...realm,
    },
    {
      entity_checks: [
        {
          check: 'conditional',
          if_field: 'ldaps',
          if_match: { eq: true },
          then_field: 'start_tls',
          then_match: { eq: false },
          then_err: "'ldaps' and 'start_tls' cannot be enabled simultaneously",
        },
      ],
    },
  ),
};
