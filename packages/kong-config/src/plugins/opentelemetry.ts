import { headerName, protocolsHttp, record, timeout, url } from '../schema/typedefs.js';
import type { Field, PluginSchema } from '../schema/types.js';
import { integer, number, text } from './support/fields.js';
import { queueWith } from './support/queue.js';
import { propagation } from './support/tracing.js';

const endpoint: Field = { ...url, referenceable: true };

/** https://docs.konghq.com/hub/kong-inc/opentelemetry/ */
export const opentelemetry: PluginSchema = {
  name: 'opentelemetry',
  protocols: protocolsHttp,
  config: record(
    {
      traces_endpoint: endpoint,
      logs_endpoint: endpoint,
      headers: { type: 'map', keys: headerName, values: { type: 'string', referenceable: true } },
      resource_attributes: { type: 'map', keys: { type: 'string' }, values: { type: 'string' } },
      queue: queueWith({ max_batch_size: 200 }),
      batch_span_count: integer({ deprecated: 'queue.max_batch_size' }),
      batch_flush_delay: integer({ deprecated: 'queue.max_coalescing_delay' }),
      /** Milliseconds. */
      connect_timeout: { ...timeout, default: 1000 },
      send_timeout: { ...timeout, default: 5000 },
      read_timeout: { ...timeout, default: 5000 },
      http_response_header_for_traceid: text(),
      header_type: text({
        default: 'preserve',
        one_of: ['preserve', 'ignore', 'b3', 'b3-single', 'w3c', 'jaeger', 'ot', 'aws', 'gcp', 'datadog'],
        deprecated: 'propagation',
      }),
      sampling_rate: number({ between: [0, 1] }),
      propagation: propagation('w3c'),
    },
    {
      entity_checks: [{ check: 'at_least_one_of', fields: ['traces_endpoint', 'logs_endpoint'] }],
      shorthand_fields: {
        endpoint: { field: endpoint, deprecated: 'traces_endpoint', expand: (value) => ({ traces_endpoint: value }) },
      },
    },
  ),
};
