import { protocolsHttp, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';

/** https://docs.konghq.com/hub/kong-inc/correlation-id/ */
export const correlationId: PluginSchema = {
  name: 'correlation-id',
  protocols: protocolsHttp,
  config: record({
    header_name: { type: 'string', default: 'Kong-Request-ID' },
    generator: { type: 'string', default: 'uuid#counter', required: true, one_of: ['uuid', 'uuid#counter', 'tracker'] },
    echo_downstream: { type: 'boolean', required: true, default: false },
  }),
};
