import { protocolsHttp, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { integer, text } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/standard-webhooks/ */
export const standardWebhooks: PluginSchema = {
  name: 'standard-webhooks',
  no_consumer: true,
  protocols: protocolsHttp,
  config: record({
    secret_v1: text({ required: true, referenceable: true }),
    tolerance_second: integer({ required: true, gt: -1, default: 300 }),
  }),
};
