/** Metrics of a part, by prom-client, with labels that can't grow without bound. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Buckets of OpenTelemetry's `http.server.request.duration` in seconds (semantic conventions 1.44). */
export const HTTP_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);
const OTHER = 'other';

/** Notes a request. @param seconds how long it took */
export type NoteRequest = (method: string, route: string, status: number, seconds: number) => void;

/** A registry with the process's own metrics (CPU, memory, event loop, garbage collection), all with a `service` label. */
export function createRegistry(service: string, options: { readonly processMetrics?: boolean } = {}): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (options.processMetrics ?? true) collectDefaultMetrics({ register: registry });
  return registry;
}

/**
 * A histogram of requests: labels method, route, status. Methods beyond the usual, routes that are not listed and statuses that are none
 * count as `other`.
 * @param routes names of all routes, never paths
 */
export function httpDuration(registry: Registry, routes: readonly string[], name = 'http_request_duration_seconds'): NoteRequest {
  const known = new Set(routes);
  const help = 'Time to answer a request in seconds';
  const labelNames = ['method', 'route', 'status'] as const;
  const histogram = new Histogram({ name, help, labelNames, buckets: [...HTTP_BUCKETS], registers: [registry] });
  return (method, route, status, seconds) => {
    const sound = Number.isInteger(status) && status >= 100 && status <= 599;
    const labels = {
      method: METHODS.has(method) ? method : OTHER,
      route: known.has(route) ? route : OTHER,
      status: sound ? String(status) : OTHER,
    };
    histogram.observe(labels, Number.isFinite(seconds) ? Math.max(0, seconds) : 0);
  };
}

/** A metric whose values are read when somebody asks: from the state of an outbox, a cache, a pool. */
export interface StateMetric<S> {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  /** Name of its label, if it has one. */
  readonly label?: string;
  /** Its value, or its values by the label's. */
  values(state: S): number | Readonly<Record<string, number>>;
}

/** Registers metrics of a state. `read` is called once per metric and scrape. */
export function exposeState<S>(registry: Registry, metrics: readonly StateMetric<S>[], read: () => S): void {
  for (const spec of metrics) exposeOne(registry, spec, read);
}

function exposeOne<S>(registry: Registry, { name, help, type, label, values }: StateMetric<S>, read: () => S): void {
  const labelNames = label === undefined ? [] : [label];
  const collect = (set: (labels: Record<string, string>, value: number) => void): void => {
    const now = values(read());
    if (typeof now === 'number') set({}, now);
    else for (const [value, count] of Object.entries(now)) set({ [label ?? 'kind']: value }, count);
  };
  if (type === 'gauge') {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect: () => collect((labels, value) => gauge.set(labels, value)),
    });
    return;
  }
  const counter: Counter = new Counter({
    ...{ name, help, labelNames, registers: [registry] },
    collect() {
      counter.reset();
      collect((labels, value) => counter.inc(labels, value));
    },
  });
}
