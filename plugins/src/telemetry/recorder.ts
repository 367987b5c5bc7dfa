/** The canonical metrics of requests, counted once per request; a system's own names are a view of them. */
import type { BaseEffects, Facts, Gauge, Outcome } from '@gatehouse/policy';
import type { Recorder } from './policy.js';
import { LabelCap, TopList } from './top-list.js';

/** Seconds. Those of OpenTelemetry's http.server.request.duration, with gongbu's 1, 2, 5 and 10 among them. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2, 2.5, 5, 7.5, 10];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Combinations of labels whose series are kept at hand. */
const BOUND_MAX = 2000;
/** Addresses that are watched for the busiest. */
const WATCHED_IPS = 500;
/** How often the list of the busiest is told. */
const TOP_EVERY_MS = 5000;

export interface RecorderOptions {
  readonly system: string;
  readonly versions: readonly string[];
  readonly ipLabels: number;
  /** 0 = the busiest addresses are not watched. */
  readonly topIps: number;
}

interface Bound {
  readonly requests: { add(): void };
  readonly duration: { observe(seconds: number): void };
  readonly upstream: { observe(seconds: number): void };
}

function metricsOf(effects: Pick<BaseEffects, 'metrics'>) {
  const { metrics } = effects;
  const route = ['system', 'route', 'service', 'method'];
  return {
    requests: metrics.counter({ name: 'gatehouse_requests_total', help: 'Requests answered', labels: [...route, 'status', 'version'] }),
    duration: metrics.histogram({
      name: 'gatehouse_request_duration_seconds',
      help: 'From the first byte of a request to the last of its answer',
      labels: route,
      buckets: DURATION_BUCKETS,
    }),
    upstream: metrics.histogram({
      name: 'gatehouse_upstream_duration_seconds',
      help: 'From asking a service to the head of its answer',
      labels: ['system', 'service'],
      buckets: DURATION_BUCKETS,
    }),
    limited: metrics.counter({
      name: 'gatehouse_rate_limit_hits_total',
      help: 'Requests refused with 429',
      labels: ['system', 'route', 'ip'],
    }),
    inFlight: metrics.gauge({ name: 'gatehouse_requests_in_flight', help: 'Requests on their way', labels: ['system'] }),
    top: metrics.gauge({ name: 'gatehouse_top_ip_requests', help: 'Requests of the busiest addresses', labels: ['system', 'ip'] }),
  };
}

export class RequestRecorder implements Recorder {
  private readonly metrics: ReturnType<typeof metricsOf>;
  private readonly bound = new Map<string, Bound>();
  private readonly versions: ReadonlySet<string>;
  private readonly ips: LabelCap;
  private readonly top: TopAddresses | null;
  private inFlight = 0;

  constructor(
    private readonly options: RecorderOptions,
    effects: Pick<BaseEffects, 'metrics' | 'monotonic'>,
  ) {
    this.metrics = metricsOf(effects);
    this.versions = new Set(options.versions);
    this.ips = new LabelCap(options.ipLabels);
    this.top = options.topIps > 0 ? new TopAddresses(options.system, options.topIps, this.metrics.top, effects) : null;
  }

  started(): void {
    this.tellInFlight(1);
  }

  finished(): void {
    this.tellInFlight(-1);
  }

  record(facts: Facts, outcome: Outcome): void {
    const method = METHODS.has(facts.method) ? facts.method : 'OTHER';
    const route = facts.route ?? 'none';
    const version = this.versionOf(facts.path);
    const series =
      this.bound.get(`${route} ${method} ${outcome.status} ${version}`) ?? this.bind(facts, route, method, outcome.status, version);
    series.requests.add();
    series.duration.observe(outcome.totalMs / 1000);
    if (outcome.upstreamMs !== null) series.upstream.observe(outcome.upstreamMs / 1000);
    if (outcome.status === 429 && outcome.source === 'policy')
      this.metrics.limited.add([this.options.system, route, this.ips.label(facts.clientIp)]);
    this.top?.count(facts.clientIp);
  }

  private bind({ service }: Facts, route: string, method: string, status: number, version: string): Bound {
    const { system } = this.options;
    const labels = [system, route, service ?? 'none', method];
    const made: Bound = {
      requests: this.metrics.requests.with([...labels, String(status), version]),
      duration: this.metrics.duration.with(labels),
      upstream: this.metrics.upstream.with([system, service ?? 'none']),
    };
    if (this.bound.size >= BOUND_MAX) this.bound.clear();
    this.bound.set(`${route} ${method} ${status} ${version}`, made);
    return made;
  }

  private versionOf(path: string): string {
    if (this.versions.size === 0) return 'none';
    const end = path.indexOf('/', 1);
    const segment = path.slice(1, end < 0 ? path.length : end);
    return this.versions.has(segment) ? segment : 'none';
  }

  private tellInFlight(by: number): void {
    this.inFlight += by;
    this.metrics.inFlight.set([this.options.system], this.inFlight);
  }
}

/** Keeps the gauge of the busiest addresses: the list is told now and then, and who left it is forgotten. */
class TopAddresses {
  private readonly list = new TopList(WATCHED_IPS);
  private shown = new Set<string>();
  private toldAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly system: string,
    private readonly size: number,
    private readonly gauge: Gauge,
    private readonly effects: Pick<BaseEffects, 'monotonic'>,
  ) {}

  count(ip: string): void {
    this.list.add(ip);
    const now = this.effects.monotonic();
    if (now - this.toldAt < TOP_EVERY_MS) return;
    this.toldAt = now;
    this.tell();
  }

  private tell(): void {
    const top = this.list.top(this.size);
    const names = new Set(top.map(([ip]) => ip));
    for (const ip of this.shown) if (!names.has(ip)) this.gauge.remove([this.system, ip]);
    for (const [ip, count] of top) this.gauge.set([this.system, ip], count);
    this.shown = names;
  }
}
