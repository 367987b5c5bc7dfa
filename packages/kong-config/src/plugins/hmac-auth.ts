import { protocolsHttp, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { anonymous, flag, number, realm, texts } from './support/fields.js';

const ALGORITHMS = ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'];

/** https://docs.konghq.com/hub/kong-inc/hmac-auth/ */
export const hmacAuth: PluginSchema = {
  name: 'hmac-auth',
  no_consumer: true,
  protocols: protocolsHttp,
  config: record({
    hide_credentials: flag(false),
    /** Seconds. */
    clock_skew: number({ default: 300, gt: 0 }),
    ...anonymous,
    validate_request_body: flag(false),
    enforce_headers: texts({ default: [] }),
    algorithms: texts({ default: ALGORITHMS }, { one_of: ALGORITHMS }),
    ...realm,
  }),
};
