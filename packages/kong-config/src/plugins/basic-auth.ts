import { protocolsHttp, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { anonymous, flag, text } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/basic-auth/ */
export const basicAuth: PluginSchema = {
  name: 'basic-auth',
  no_consumer: true,
  protocols: protocolsHttp,
  config: record({
    ...anonymous,
    hide_credentials: flag(false),
    realm: text({ required: true, default: 'service' }),
  }),
};
