import { protocolsHttp, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { anonymous, flag, number, realm, text, textSet } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/jwt/ */
export const jwt: PluginSchema = {
  name: 'jwt',
  no_consumer: true,
  protocols: protocolsHttp,
  config: record({
    uri_param_names: textSet({ default: ['jwt'] }),
    cookie_names: textSet({ default: [] }),
    key_claim_name: text({ default: 'iss' }),
    secret_is_base64: flag(false),
    claims_to_verify: textSet({}, { one_of: ['exp', 'nbf'] }),
    ...anonymous,
    run_on_preflight: flag(true),
    /** Seconds, a year at most. */
    maximum_expiration: number({ default: 0, between: [0, 31536000] }),
    header_names: textSet({ default: ['authorization'] }),
    ...realm,
  }),
  entity_checks: [
    {
      check: 'conditional',
      if_field: 'config.maximum_expiration',
      if_match: { gt: 0 },
      then_field: 'config.claims_to_verify',
      then_match: { contains: 'exp' },
    },
  ],
};
