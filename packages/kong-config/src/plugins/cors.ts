import { checkAsteriskOrRegex, protocolsHttp, record } from '../schema/typedefs.js';
import type { ArrayField, BooleanField, PluginSchema } from '../schema/types.js';

const METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'];
const strings: ArrayField = { type: 'array', elements: { type: 'string' } };
const off: BooleanField = { type: 'boolean', required: true, default: false };

/** https://docs.konghq.com/hub/kong-inc/cors/ */
export const cors: PluginSchema = {
  name: 'cors',
  no_consumer: true,
  protocols: protocolsHttp,
  config: record({
    origins: { type: 'array', elements: { type: 'string', custom_validator: checkAsteriskOrRegex } },
    headers: strings,
    exposed_headers: strings,
    methods: { type: 'array', default: METHODS, elements: { type: 'string', one_of: METHODS } },
    max_age: { type: 'number' },
    credentials: off,
    private_network: off,
    preflight_continue: off,
  }),
};
