import { host, port, protocols, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { number, text, texts } from './support/fields.js';
import { CONSUMER_IDENTIFIERS, sampled } from './support/metrics.js';
import { oldQueueFields, queue } from './support/queue.js';

const STATS = ['kong_latency', 'latency', 'request_count', 'request_size', 'response_size', 'upstream_latency'];
const TYPES = ['counter', 'gauge', 'histogram', 'meter', 'set', 'timer', 'distribution'];
const common = { tags: ['app:kong'], consumer_identifier: 'custom_id' };
const TIMED = ['latency', 'request_size', 'response_size', 'upstream_latency', 'kong_latency'];
const DEFAULT_METRICS = [
  { name: 'request_count', stat_type: 'counter', sample_rate: 1, ...common },
  ...TIMED.map((name) => ({ name, stat_type: 'timer', ...common })),
];

/** https://docs.konghq.com/hub/kong-inc/datadog/ */
export const datadog: PluginSchema = {
  name: 'datadog',
  protocols,
  config: record({
    host: { ...host, referenceable: true, default: 'localhost' },
    port: { ...port, default: 8125 },
    prefix: text({ default: 'kong' }),
    service_name_tag: text({ default: 'name' }),
    status_tag: text({ default: 'status' }),
    consumer_tag: text({ default: 'consumer' }),
    ...oldQueueFields,
    queue,
    metrics: {
      type: 'array',
      required: true,
      default: DEFAULT_METRICS,
      elements: record(
        {
          name: text({ required: true, one_of: STATS }),
          stat_type: text({ required: true, one_of: TYPES }),
          tags: texts({}, { match: /^.*[^:]$/s }),
          sample_rate: number({ between: [0, 1] }),
          consumer_identifier: text({ one_of: CONSUMER_IDENTIFIERS }),
        },
        { entity_checks: [sampled] },
      ),
    },
  }),
};
