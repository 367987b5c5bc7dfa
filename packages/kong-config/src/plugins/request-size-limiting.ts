import { protocolsHttp, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';

const UNITS = ['megabytes', 'kilobytes', 'bytes'] as const;

/** https://docs.konghq.com/hub/kong-inc/request-size-limiting/ */
export const requestSizeLimiting: PluginSchema = {
  name: 'request-size-limiting',
  protocols: protocolsHttp,
  config: record({
    allowed_payload_size: { type: 'integer', default: 128 },
    size_unit: { type: 'string', required: true, default: UNITS[0], one_of: UNITS },
    require_content_length: { type: 'boolean', required: true, default: false },
  }),
};
