import { protocols, record } from '../schema/typedefs.js';
import type { ArrayField, Dict, PluginSchema, Verdict } from '../schema/types.js';

/** The shared memory zones that Kong's own nginx configuration declares. */
const ZONES = new Set([
  'kong',
  'kong_locks',
  'kong_healthchecks',
  'kong_cluster_events',
  'kong_rate_limiting_counters',
  'kong_core_db_cache',
  'kong_core_db_cache_miss',
  'kong_db_cache',
  'kong_db_cache_miss',
  'kong_secrets',
  'prometheus_metrics',
]);

const strings: ArrayField = { type: 'array', elements: { type: 'string' } };

function checkZone(entity: Dict): Verdict {
  const config = entity['config'] as Dict;
  const name = String((config['memory'] as Dict | null)?.['dictionary_name']);
  return config['strategy'] !== 'memory' || ZONES.has(name) ? null : `missing shared dict '${name}'`;
}

/** https://docs.konghq.com/hub/kong-inc/proxy-cache/ */
export const proxyCache: PluginSchema = {
  name: 'proxy-cache',
  protocols,
  config: record({
    response_code: {
      type: 'array',
      default: [200, 301, 404],
      elements: { type: 'integer', between: [100, 900] },
      len_min: 1,
      required: true,
    },
    request_method: {
      type: 'array',
      default: ['GET', 'HEAD'],
      elements: { type: 'string', one_of: ['HEAD', 'GET', 'POST', 'PATCH', 'PUT'] },
      required: true,
    },
    content_type: { ...strings, default: ['text/plain', 'application/json'], required: true },
    cache_ttl: { type: 'integer', default: 300, gt: 0 },
    strategy: { type: 'string', one_of: ['memory'], required: true },
    cache_control: { type: 'boolean', default: false, required: true },
    ignore_uri_case: { type: 'boolean', default: false, required: false },
    storage_ttl: { type: 'integer' },
    memory: record({ dictionary_name: { type: 'string', required: true, default: 'kong_db_cache' } }),
    vary_query_params: strings,
    vary_headers: strings,
    response_headers: record({
      age: { type: 'boolean', default: true },
      'X-Cache-Status': { type: 'boolean', default: true },
      'X-Cache-Key': { type: 'boolean', default: true },
    }),
  }),
  entity_checks: [{ check: 'custom', sources: ['config'], fn: checkZone }],
};
