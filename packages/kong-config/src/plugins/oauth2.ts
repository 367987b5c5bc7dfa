import { protocolsHttp, record } from '../schema/typedefs.js';
import type { Dict, PluginSchema, Verdict } from '../schema/types.js';
import { anonymous, choice, flag, number, realm, text, texts } from './support/fields.js';

const FLOWS = ['enable_authorization_code', 'enable_implicit_grant', 'enable_client_credentials', 'enable_password_grant'];
/** Seconds. */
const MAX_TTL = 100_000_000;

function checkFlows(config: Dict): Verdict {
  return FLOWS.some((flow) => config[flow] === true) ? null : `at least one of these fields must be true: ${FLOWS.join(', ')}`;
}

/** https://docs.konghq.com/hub/kong-inc/oauth2/ */
export const oauth2: PluginSchema = {
  name: 'oauth2',
  no_consumer: true,
  protocols: protocolsHttp,
  config: record(
    {
      scopes: texts(),
      mandatory_scope: flag(false),
      provision_key: text({ unique: true, auto: true, required: true }),
      /** Seconds. */
      token_expiration: number({ default: 7200, required: true }),
      ...Object.fromEntries(FLOWS.map((flow) => [flow, flag(false)])),
      hide_credentials: flag(false),
      accept_http_if_already_terminated: flag(false),
      ...anonymous,
      global_credentials: flag(false),
      auth_header_name: text({ default: 'authorization' }),
      refresh_token_ttl: number({ between: [0, MAX_TTL], default: 1209600, required: true }),
      reuse_refresh_token: flag(false),
      pkce: choice(['none', 'lax', 'strict'], { default: 'lax' }),
      ...realm,
    },
    {
      custom_validator: checkFlows,
      entity_checks: [
        { check: 'conditional', if_field: 'mandatory_scope', if_match: { eq: true }, then_field: 'scopes', then_match: { required: true } },
      ],
    },
  ),
};
