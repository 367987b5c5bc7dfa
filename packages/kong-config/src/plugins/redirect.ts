import { protocolsHttp, record, url } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { integer, looseFlag } from './support/fields.js';

/** https://docs.konghq.com/hub/kong-inc/redirect/ */
export const redirect: PluginSchema = {
  name: 'redirect',
  protocols: protocolsHttp,
  config: record({
    status_code: integer({ required: true, default: 301, between: [100, 599] }),
    location: { ...url, required: true },
    keep_incoming_path: looseFlag(false),
  }),
};
