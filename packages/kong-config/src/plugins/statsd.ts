import { host, port, protocols, record } from '../schema/typedefs.js';
import type { PluginSchema } from '../schema/types.js';
import { looseFlag, number, text, texts } from './support/fields.js';
import { CONSUMER_IDENTIFIERS, sampled } from './support/metrics.js';
import { oldQueueFields, queue } from './support/queue.js';

const COUNTED = ['request_count', 'request_size', 'status_count', 'response_size', 'request_per_user'];
const COUNTED_BY_PART = ['status_count_per_user', 'status_count_per_workspace', 'status_count_per_user_per_route'];
const TIMED = ['latency', 'upstream_latency', 'kong_latency'];
const NAMES = [...COUNTED, ...COUNTED_BY_PART, ...TIMED, 'unique_users', 'shdict_usage'];
const DEFAULT_METRICS = [
  ...[...COUNTED, ...COUNTED_BY_PART].map((name) => ({ name, stat_type: 'counter', sample_rate: 1 })),
  ...TIMED.map((name) => ({ name, stat_type: 'timer' })),
  { name: 'unique_users', stat_type: 'set' },
  { name: 'shdict_usage', stat_type: 'gauge', sample_rate: 1 },
];
const SERVICE_IDENTIFIERS = ['service_id', 'service_name', 'service_host', 'service_name_or_host'];
const WORKSPACE_IDENTIFIERS = ['workspace_id', 'workspace_name'];

/** https://docs.konghq.com/hub/kong-inc/statsd/ */
export const statsd: PluginSchema = {
  name: 'statsd',
  protocols,
  config: record({
    host: { ...host, default: 'localhost' },
    port: { ...port, default: 8125 },
    prefix: text({ default: 'kong' }),
    metrics: {
      type: 'array',
      default: DEFAULT_METRICS,
      elements: record(
        {
          name: text({ required: true, one_of: NAMES }),
          stat_type: text({ required: true, one_of: ['counter', 'gauge', 'histogram', 'meter', 'set', 'timer'] }),
          sample_rate: number({ gt: 0 }),
          consumer_identifier: text({ one_of: CONSUMER_IDENTIFIERS }),
          service_identifier: text({ one_of: SERVICE_IDENTIFIERS }),
          workspace_identifier: text({ one_of: WORKSPACE_IDENTIFIERS }),
        },
        { entity_checks: [sampled] },
      ),
    },
    allow_status_codes: texts({}, { match: /^[0-9]+-[0-9]+$/ }),
    /** Bytes; at most what one datagram holds. */
    udp_packet_size: number({ between: [0, 65507], default: 0 }),
    use_tcp: looseFlag(false),
    hostname_in_prefix: looseFlag(false),
    consumer_identifier_default: text({ required: true, default: 'custom_id', one_of: CONSUMER_IDENTIFIERS }),
    service_identifier_default: text({ required: true, default: 'service_name_or_host', one_of: SERVICE_IDENTIFIERS }),
    workspace_identifier_default: text({ required: true, default: 'workspace_id', one_of: WORKSPACE_IDENTIFIERS }),
    ...oldQueueFields,
    tag_style: text({ one_of: ['dogstatsd', 'influxdb', 'librato', 'signalfx'] }),
    queue,
  }),
};
