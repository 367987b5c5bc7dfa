import { protocols, record, timeout, url } from '../schema/typedefs.js';
import type { Dict, PluginSchema, Verdict } from '../schema/types.js';
import { choice, flag, integer, number, text } from './support/fields.js';
import { queue } from './support/queue.js';
import { propagation } from './support/tracing.js';

const PROTECTED_TAGS = `error http.method http.path http.status_code kong.balancer.state kong.balancer.try kong.consumer
  kong.credential kong.node.id kong.route kong.service lc peer.hostname`.split(/\s+/);
const FORMATS = ['b3', 'b3-single', 'w3c', 'jaeger', 'ot', 'aws', 'datadog', 'gcp'] as const;

function checkTags(tags: Dict[]): Verdict {
  const names = tags.map((tag) => tag['name']);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return twice === undefined ? null : `repeated tags are not allowed: ${twice}`;
}

/** https://docs.konghq.com/hub/kong-inc/zipkin/ */
export const zipkin: PluginSchema = {
  name: 'zipkin',
  protocols,
  config: record({
    local_service_name: text({ required: true, default: 'kong' }),
    http_endpoint: url,
    sample_ratio: number({ default: 0.001, between: [0, 1] }),
    default_service_name: text(),
    include_credential: flag(true),
    traceid_byte_count: integer({ required: true, default: 16, one_of: [8, 16] }),
    header_type: choice(['preserve', 'ignore', ...FORMATS], { required: true, deprecated: 'propagation' }),
    default_header_type: choice(FORMATS, { required: true, deprecated: 'propagation.default_format' }),
    tags_header: text({ required: true, default: 'Zipkin-Tags' }),
    static_tags: {
      type: 'array',
      elements: record({ name: text({ required: true, not_one_of: PROTECTED_TAGS }), value: text({ required: true }) }),
      custom_validator: checkTags,
    },
    http_span_name: choice(['method', 'method_path'], { required: true }),
    /** Milliseconds. */
    connect_timeout: { ...timeout, default: 2000 },
    send_timeout: { ...timeout, default: 5000 },
    read_timeout: { ...timeout, default: 5000 },
    http_response_header_for_traceid: text(),
    phase_duration_flavor: choice(['annotations', 'tags'], { required: true }),
    queue,
    propagation: propagation('b3'),
  }),
};
