/** What each system calls its metrics: the canonical ones under other names, with the labels that the system's page gives them. */
import { addUp, type Labels, type MetricFamily, type Sample } from './families.js';
import type { Config } from './schema.js';

/** One metric of a system. */
interface View {
  readonly name: string;
  readonly help: string;
  /** The canonical metric. */
  readonly from: string;
  /** Its labels, by the names that they have here; others are added up. */
  readonly labels: Readonly<Record<string, string>>;
  /** Which series count; default: all. */
  readonly only?: (labels: Labels) => boolean;
}

const statusFrom = (least: number) => (labels: Labels) => Number(labels['status']) >= least;
const same = (...names: string[]): Record<string, string> => Object.fromEntries(names.map((name) => [name, name]));

const REQUESTS = 'gatehouse_requests_total';
const DURATION = 'gatehouse_request_duration_seconds';
const LIMITED = 'gatehouse_rate_limit_hits_total';
const IN_FLIGHT = 'gatehouse_requests_in_flight';

const gongbu: readonly View[] = [
  { name: 'gateway_http_requests_total', help: 'Requests', from: REQUESTS, labels: same('method', 'route', 'status', 'service') },
  {
    name: 'gateway_http_request_duration_seconds',
    help: 'Duration of requests',
    from: DURATION,
    labels: same('method', 'route', 'service'),
  },
  { name: 'gateway_service_health', help: '1 = up', from: 'gatehouse_service_up', labels: same('service') },
  { name: 'gateway_active_connections', help: 'Requests on their way', from: IN_FLIGHT, labels: {} },
  { name: 'gateway_rate_limit_hits_total', help: 'Requests over a limit', from: LIMITED, labels: { ip: 'ip', endpoint: 'route' } },
];

const interview: readonly View[] = [
  { name: 'http_request_duration_seconds', help: 'Duration of requests', from: DURATION, labels: same('method', 'route') },
  { name: 'http_requests_total', help: 'Requests', from: REQUESTS, labels: same('method', 'route', 'status') },
  {
    name: 'http_request_errors_total',
    help: 'Requests answered with 4xx or 5xx',
    from: REQUESTS,
    labels: same('method', 'route', 'status'),
    only: statusFrom(400),
  },
  {
    name: 'jwt_validation_duration_seconds',
    help: 'Time to verify a token',
    from: 'gatehouse_jwt_validation_duration_seconds',
    labels: {},
  },
  {
    name: 'service_proxy_duration_seconds',
    help: 'Time of the services',
    from: 'gatehouse_upstream_duration_seconds',
    labels: same('service'),
  },
  { name: 'active_connections', help: 'Requests on their way', from: IN_FLIGHT, labels: {} },
];

const healthpay: readonly View[] = [
  { name: 'healthpay_api_requests_total', help: 'Requests', from: REQUESTS, labels: same('version') },
  {
    name: 'healthpay_circuit_breaker_state',
    help: '0 closed, 1 open, 2 half-open',
    from: 'gatehouse_circuit_breaker_state',
    labels: same('service'),
  },
  {
    name: 'healthpay_circuit_breaker_requests_total',
    help: 'Requests that a breaker judged',
    from: 'gatehouse_circuit_breaker_requests_total',
    labels: same('service'),
  },
  {
    name: 'healthpay_circuit_breaker_failures_total',
    help: 'Failures that a breaker counted',
    from: 'gatehouse_circuit_breaker_failures_total',
    labels: same('service'),
  },
];

const freelance: readonly View[] = [
  { name: 'gateway_requests_total', help: 'Requests', from: REQUESTS, labels: { method: 'method', endpoint: 'route', status: 'status' } },
  { name: 'gateway_response_time_seconds', help: 'Duration of requests', from: DURATION, labels: { endpoint: 'route' } },
  {
    name: 'gateway_errors_total',
    help: 'Requests answered with 5xx',
    from: REQUESTS,
    labels: { endpoint: 'route' },
    only: statusFrom(500),
  },
  { name: 'gateway_service_up', help: '1 = up', from: 'gatehouse_service_up', labels: same('service') },
  {
    name: 'gateway_service_response_time_seconds',
    help: 'Time of the last health check',
    from: 'gatehouse_service_response_seconds',
    labels: same('service'),
  },
  { name: 'gateway_throttled_total', help: 'Requests over a limit', from: LIMITED, labels: { endpoint: 'route' } },
  { name: 'gateway_top_ip_requests', help: 'Requests of the busiest addresses', from: 'gatehouse_top_ip_requests', labels: same('ip') },
];

const views: Readonly<Record<Config['format'], readonly View[]>> = { gongbu, interview, learning: [], healthpay, freelance, canonical: [] };

/** `gongbu-course` → `course`: within a system its name in front says nothing. */
function plainService(service: string, system: string): string {
  return service.startsWith(`${system}-`) ? service.slice(system.length + 1) : service;
}

function renamed(sample: Sample, view: View, system: string): Sample {
  const labels: Record<string, string> = {};
  for (const [name, from] of Object.entries(view.labels)) {
    const value = sample.labels[from] ?? '';
    labels[name] = from === 'service' ? plainService(value, system) : value;
  }
  if (sample.labels['le'] !== undefined) labels['le'] = sample.labels['le'];
  return { ...sample, labels };
}

function shown(view: View, family: MetricFamily | undefined, system: string): MetricFamily {
  const { name, help, only } = view;
  const own = (family?.samples ?? []).filter(({ labels }) => labels['system'] === system && (only?.(labels) ?? true));
  const across = family?.across ?? 'sum';
  const samples = addUp(
    own.map((sample) => renamed(sample, view, system)),
    across,
  );
  const type = family?.type ?? (name.endsWith('_total') ? 'counter' : 'gauge');
  // A metric with no labels is there from the start.
  const zero = samples.length === 0 && Object.keys(view.labels).length === 0 && type !== 'histogram';
  return { name, help, type, across, samples: zero ? [{ suffix: '', labels: {}, value: 0 }] : samples };
}

/** The metrics of one system under its own names and, if wanted, the canonical ones that are about it or about the whole gateway. */
export function systemView(
  families: readonly MetricFamily[],
  format: Config['format'],
  system: string,
  canonical: boolean,
): MetricFamily[] {
  const byName = new Map(families.map((family) => [family.name, family]));
  const own = views[format].map((view) => shown(view, byName.get(view.from), system));
  if (!canonical && views[format].length > 0) return own;
  const rest = families.map((family) => ({
    ...family,
    samples: family.samples.filter(({ labels }) => system === '' || (labels['system'] ?? system) === system),
  }));
  return [...own, ...rest.filter((family) => family.samples.length > 0)];
}
