import { protocolsHttp, record, regexList } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';

/** https://docs.konghq.com/hub/kong-inc/bot-detection/ */
export const botDetection: PluginSchema = {
  name: 'bot-detection',
  no_consumer: true,
  protocols: protocolsHttp,
  config: record({ allow: regexList, deny: regexList }),
};
