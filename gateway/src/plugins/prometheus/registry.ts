/** The metrics of this process under Kong's names (kong/plugins/prometheus/exporter.lua). */
import { CounterFamily, HistogramFamily, heading, renderGauge } from './families.js';

const KONG_BUCKETS = [1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000];
const UPSTREAM_BUCKETS = [25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10_000, 30_000, 60_000];
const LATENCY_LABELS = ['service', 'route', 'workspace'];

const counters = {
  requests: new CounterFamily('kong_http_requests_total', 'HTTP status codes per consumer/service/route in Kong', [
    'service',
    'route',
    'code',
    'source',
    'workspace',
    'consumer',
  ]),
  bandwidth: new CounterFamily('kong_bandwidth_bytes', 'Total bandwidth (ingress/egress) throughput in bytes', [
    'service',
    'route',
    'direction',
    'workspace',
    'consumer',
  ]),
};

const latencies = {
  kong: new HistogramFamily(
    'kong_kong_latency_ms',
    'Latency added by Kong and enabled plugins for each service/route in Kong',
    LATENCY_LABELS,
    KONG_BUCKETS,
  ),
  request: new HistogramFamily(
    'kong_request_latency_ms',
    'Total latency incurred during requests for each service/route in Kong',
    LATENCY_LABELS,
    UPSTREAM_BUCKETS,
  ),
  upstream: new HistogramFamily(
    'kong_upstream_latency_ms',
    'Latency added by upstream response for each service/route in Kong',
    LATENCY_LABELS,
    UPSTREAM_BUCKETS,
  ),
};

/** The one set of metrics of the process: it outlives reloads, as counters must. */
export const registry = {
  ...counters,
  ...latencies,
  /** The plugin instances that want the health of targets shown. */
  healthWanted: new Set<object>(),
};

/** What the balancer says about its upstreams. */
export interface HealthSource {
  snapshot(): Iterable<{
    readonly name: string;
    readonly targets: readonly {
      readonly target: string;
      readonly addresses: readonly { readonly ip: string; readonly port: number; readonly health: string }[];
    }[];
  }>;
}

/** What the listener knows about itself; all numbers since the process began but for `active` and `writing`. */
export interface NodeFacts {
  readonly nodeId: string;
  readonly version: string;
  readonly accepted: number;
  readonly requests: number;
  /** Open connections. */
  readonly active: number;
  /** Connections that are being answered. */
  readonly writing: number;
}

const HEALTH_STATES = ['healthchecks_off', 'healthy', 'unhealthy', 'dns_error'];

type Sample = readonly [values: readonly string[], value: number];

function* healthSamples(source: HealthSource): Generator<Sample> {
  for (const upstream of source.snapshot()) {
    for (const { target, addresses } of upstream.targets) {
      const shown =
        addresses.length > 0 ? addresses.map(({ ip, port, health }) => [`${ip}:${port}`, health.toLowerCase()]) : [['', 'dns_error']];
      for (const [address, now] of shown) {
        for (const state of HEALTH_STATES) yield [[upstream.name, target, address!, state, 'http'], state === now ? 1 : 0];
      }
    }
  }
}

/** The health of targets as text. */
export function renderHealth(source: HealthSource): string {
  const help =
    'Health status of targets of upstream. States = healthchecks_off|healthy|unhealthy|dns_error, value is 1 when state is populated.';
  return renderGauge('kong_upstream_target_health', help, ['upstream', 'target', 'address', 'state', 'subsystem'], healthSamples(source));
}

function renderNode(node: NodeFacts): string {
  const id = node.nodeId;
  const connection = (state: string, value: number): Sample => [[id, 'http', state], value];
  const connections = [
    connection('accepted', node.accepted),
    connection('active', node.active),
    connection('handled', node.accepted),
    connection('total', node.requests),
    connection('waiting', Math.max(0, node.active - node.writing)),
    connection('writing', node.writing),
  ];
  const heap = process.memoryUsage().heapUsed;
  return [
    renderGauge('kong_datastore_reachable', 'Datastore reachable from Kong, 0 is unreachable', [], [[[], 1]]),
    renderGauge(
      'kong_memory_workers_lua_vms_bytes',
      'Allocated bytes in worker VM',
      ['node_id', 'pid', 'kong_subsystem'],
      [[[id, String(process.pid), 'http'], heap]],
    ),
    renderGauge('kong_nginx_connections_total', 'Number of connections by subsystem', ['node_id', 'subsystem', 'state'], connections),
    renderGauge('kong_nginx_requests_total', 'Number of requests total', ['node_id', 'subsystem'], [[[id, 'http'], node.requests]]),
    renderGauge('kong_node_info', 'Kong Node metadata information', ['node_id', 'version'], [[[id, node.version], 1]]),
  ].join('');
}

/** Series that did not fit, under the name of Kong's metrics library. */
function renderErrors(): string {
  const dropped = [...Object.values(counters), ...Object.values(latencies)].reduce((sum, family) => sum + family.dropped, 0);
  const name = 'kong_nginx_metric_errors_total';
  return `${heading(name, 'Number of nginx-lua-prometheus errors', 'counter')}${name} ${dropped}\n`;
}

/**
 * All metrics in the Prometheus text format, for `/metrics`.
 * @param health shown when a plugin instance asks for it (`upstream_health_metrics`)
 * @param node the listener's own numbers; left out without it
 */
export function metricsText(health?: HealthSource, node?: NodeFacts): string {
  const { bandwidth, requests, kong, request, upstream } = registry;
  return [
    bandwidth.render(),
    requests.render(),
    kong.render(),
    node ? renderNode(node) : '',
    renderErrors(),
    request.render(),
    upstream.render(),
    health && registry.healthWanted.size > 0 ? renderHealth(health) : '',
  ].join('');
}
