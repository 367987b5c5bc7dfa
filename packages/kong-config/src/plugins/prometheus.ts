import { protocols, record } from '../schema/typedefs.js';
import type { BooleanField, PluginSchema } from '../schema/types.js';

const off: BooleanField = { type: 'boolean', default: false };

/** https://docs.konghq.com/hub/kong-inc/prometheus/ */
export const prometheus: PluginSchema = {
  name: 'prometheus',
  protocols,
  config: record({
    per_consumer: off,
    status_code_metrics: off,
    ai_metrics: off,
    latency_metrics: off,
    bandwidth_metrics: off,
    upstream_health_metrics: off,
  }),
};
