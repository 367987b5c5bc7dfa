/** Twin of Kong's prometheus: counts requests, latencies and bytes per service and route. */
import type { Exchange, Outcome, PluginInstance, PluginTwin } from '../../plugin.js';
import type { Counter, Histogram } from './families.js';
import { registry } from './registry.js';

export { type HealthSource, metricsText, type NodeFacts, registry as kongRegistry, renderHealth } from './registry.js';

/** Kong's schema (kong/plugins/prometheus/schema.lua), defaults filled in. */
interface PrometheusConfig {
  per_consumer: boolean;
  status_code_metrics: boolean;
  ai_metrics: boolean;
  latency_metrics: boolean;
  bandwidth_metrics: boolean;
  upstream_health_metrics: boolean;
}

const WORKSPACE = 'default';

/** The cells of one route and consumer, looked up once. */
class RouteSeries {
  private readonly bytesIn: Counter;
  private readonly bytesOut: Counter;
  private readonly kong: Histogram;
  private readonly request: Histogram;
  private readonly upstream: Histogram;
  private readonly statuses = { service: new Map<number, Counter>(), kong: new Map<number, Counter>() };

  constructor(
    private readonly service: string,
    private readonly route: string,
    private readonly consumer: string,
    config: PrometheusConfig,
  ) {
    const { bandwidth, kong, request, upstream } = registry;
    const none: Counter = { value: 0 };
    const noHistogram: Histogram = { counts: new Float64Array(64), sum: 0 };
    const direction = (name: string): Counter =>
      config.bandwidth_metrics ? bandwidth.cell(service, route, name, WORKSPACE, consumer) : none;
    this.bytesIn = direction('ingress');
    this.bytesOut = direction('egress');
    this.kong = config.latency_metrics ? kong.cell(service, route, WORKSPACE) : noHistogram;
    this.request = config.latency_metrics ? request.cell(service, route, WORKSPACE) : noHistogram;
    this.upstream = config.latency_metrics ? upstream.cell(service, route, WORKSPACE) : noHistogram;
  }

  countBytes(outcome: Outcome): void {
    this.bytesIn.value += outcome.bytesIn;
    this.bytesOut.value += outcome.bytesOut;
  }

  countStatus(status: number, source: 'service' | 'kong'): void {
    const known = this.statuses[source].get(status);
    if (known) {
      known.value++;
      return;
    }
    const made = registry.requests.cell(this.service, this.route, String(status), source, WORKSPACE, this.consumer);
    this.statuses[source].set(status, made);
    made.value++;
  }

  countLatencies(outcome: Outcome): void {
    registry.request.observe(this.request, outcome.totalMs);
    if (outcome.upstreamMs !== null) registry.upstream.observe(this.upstream, outcome.upstreamMs);
    registry.kong.observe(this.kong, outcome.gatewayMs);
  }
}

class Prometheus implements PluginInstance {
  /** By route, then by consumer; both come from the configuration, so they are bounded by it. */
  private readonly series = new Map<object, Map<string, RouteSeries>>();

  constructor(private readonly config: PrometheusConfig) {
    if (config.upstream_health_metrics) registry.healthWanted.add(this);
  }

  log(exchange: Exchange, outcome: Outcome): void {
    const series = this.seriesFor(exchange);
    if (!series) return;
    const { config } = this;
    if (config.bandwidth_metrics) series.countBytes(outcome);
    if (config.status_code_metrics) series.countStatus(outcome.status, outcome.source === 'service' ? 'service' : 'kong');
    if (config.latency_metrics) series.countLatencies(outcome);
  }

  close(): void {
    registry.healthWanted.delete(this);
  }

  /** Null without a route: Kong counts nothing then. */
  private seriesFor({ route, service, consumer }: Exchange): RouteSeries | null {
    if (!route) return null;
    const name = this.config.per_consumer ? (consumer?.username ?? '') : '';
    let byConsumer = this.series.get(route);
    if (!byConsumer) {
      byConsumer = new Map();
      this.series.set(route, byConsumer);
    }
    const known = byConsumer.get(name);
    if (known) return known;
    const made = new RouteSeries(service?.name ?? service?.host ?? '', route.name ?? route.id, name, this.config);
    byConsumer.set(name, made);
    return made;
  }
}

export const prometheus: PluginTwin = {
  name: 'prometheus',
  priority: 13,
  version: '3.9.3',
  create: (config) => new Prometheus(config as unknown as PrometheusConfig),
};
