/** Twin of Kong's response-ratelimiting: the service says in a header how much of which limit an answer used up. */
import type {
  CounterAsk,
  Exchange,
  Exit,
  PluginEnvironment,
  PluginInstance,
  PluginTwin,
  RedisTarget,
  RemoteCounters,
  ResponseHead,
} from '../../plugin.js';
import { errorExit } from '../lib/exits.js';
import { failing } from '../lib/failing.js';
import { formatGeneral, parseNumber } from '../lib/lua-number.js';
import { PERIOD_SECONDS, PERIODS, type Period, windowStart } from '../lib/windows.js';

/** Kong's schema (kong/plugins/response-ratelimiting/schema.lua), defaults filled in. */
interface ResponseRateLimitingConfig {
  limits: Record<string, Partial<Record<Period, number | null>>> | null;
  header_name: string | null;
  limit_by: 'consumer' | 'credential' | 'ip';
  policy: 'local' | 'redis';
  fault_tolerant: boolean;
  redis: RedisTarget;
  block_on_first_violation: boolean;
  hide_client_headers: boolean;
}

interface Limit {
  readonly name: string;
  readonly period: Period;
  readonly limit: number;
}

/** What one request knows between its phases. */
interface Usage {
  readonly identifier: string;
  readonly now: number;
  /** What was left of each limit, in the order of the limits. */
  readonly left: readonly number[];
  used: ReadonlyMap<string, number>;
  /** The answer was taken back, so nothing is counted. */
  stopped: boolean;
}

const NOBODY = '00000000-0000-0000-0000-000000000000';
const NOTHING = Buffer.alloc(0);
const NONE: ReadonlyMap<string, number> = new Map();
const ENTRIES_MAX = 100;
/** Every request asks Redis: the plugin has no `sync_rate`. */
const REALTIME = -1;

class ResponseRateLimiting implements PluginInstance {
  private readonly limits: readonly Limit[];
  private readonly names: readonly string[];
  private readonly headerKey: string;
  private readonly prefix: string;
  private readonly remote: RemoteCounters | null;

  constructor(
    headerName: string,
    private readonly config: ResponseRateLimitingConfig,
    private readonly environment: PluginEnvironment,
  ) {
    this.remote = config.policy === 'redis' ? environment.redisCounters(config.redis, 'response-ratelimit:', REALTIME) : null;
    this.limits = Object.entries(config.limits ?? {}).flatMap(([name, periods]) =>
      PERIODS.flatMap((period) => (typeof periods[period] === 'number' ? [{ name, period, limit: periods[period] }] : [])),
    );
    this.names = [...new Set(this.limits.map(({ name }) => name))];
    this.headerKey = headerName.toLowerCase();
    this.prefix = `${environment.scope.route ?? NOBODY}:${environment.scope.service ?? NOBODY}`;
  }

  access(exchange: Exchange): Exit | undefined | Promise<Exit | undefined> {
    if (this.limits.length === 0) return undefined;
    const now = this.environment.now();
    const identifier = this.identifier(exchange);
    const asks = this.limits.map((limit) => this.ask(identifier, limit, now));
    if (this.remote !== null) return this.askRemote(exchange, identifier, this.remote.read(asks, now), now);
    const used = this.environment.counters.read(asks, now);
    if (!(used instanceof Promise)) return this.judge(exchange, identifier, used, now);
    return used.then((late) => this.judge(exchange, identifier, late, now));
  }

  close(): void {
    this.remote?.close();
  }

  /** With `fault_tolerant` a Redis that is away lets everybody pass, as in Kong; else it is an error of the gateway. */
  private async askRemote(
    exchange: Exchange,
    identifier: string,
    asked: Promise<readonly number[]>,
    now: number,
  ): Promise<Exit | undefined> {
    let used: readonly number[];
    try {
      used = await asked;
    } catch (error) {
      if (!this.config.fault_tolerant) throw error;
      this.environment.log('error', 'the limits could not be read', { error: String(error) });
      return undefined;
    }
    return this.judge(exchange, identifier, used, now);
  }

  private judge(exchange: Exchange, identifier: string, used: readonly number[], now: number): Exit | undefined {
    const left = this.limits.map(({ limit }, i) => limit - used[i]!);
    for (const name of this.names) {
      const ofName = left.filter((_, i) => this.limits[i]!.name === name);
      if (this.config.block_on_first_violation && ofName.includes(0)) {
        return errorExit(exchange, 429, `API rate limit exceeded for '${name}'`);
      }
      exchange.responseHeaders.set(`X-RateLimit-Remaining-${name}`, formatGeneral(Math.min(...ofName)));
    }
    exchange.local.set(this, { identifier, now, left, used: NONE, stopped: false } satisfies Usage);
    return undefined;
  }

  headerFilter(exchange: Exchange, head: ResponseHead): void {
    const usage = exchange.local.get(this) as Usage | undefined;
    if (!usage) return;
    const used = head.source === 'service' ? this.parse(head.headers.get(this.headerKey) ?? '') : NONE;
    usage.used = used;
    this.limits.forEach(({ name, period, limit }, i) => {
      const left = usage.left[i]!;
      const amount = used.get(name) ?? 0;
      if (!this.config.hide_client_headers) {
        head.headers.set(`X-RateLimit-Limit-${name}-${period}`, formatGeneral(limit));
        head.headers.set(`X-RateLimit-Remaining-${name}-${period}`, formatGeneral(Math.max(0, left - amount)));
      }
      if (amount > 0 && left <= 0) usage.stopped = true;
    });
    head.headers.remove(this.headerKey);
    if (!usage.stopped) return;
    head.status = 429;
    head.headers.set('Content-Length', '0');
  }

  bodyFilter(exchange: Exchange, chunk: Buffer): Buffer {
    return (exchange.local.get(this) as Usage | undefined)?.stopped ? NOTHING : chunk;
  }

  log(exchange: Exchange): void {
    const usage = exchange.local.get(this) as Usage | undefined;
    if (!usage || usage.stopped || usage.used.size === 0) return;
    for (const limit of this.limits) {
      const amount = usage.used.get(limit.name) ?? 0;
      if (amount !== 0) this.count(this.ask(usage.identifier, limit, usage.now), amount, usage.now);
    }
  }

  private count(ask: CounterAsk, amount: number, now: number): void {
    if (this.remote === null) return this.environment.counters.add(ask, amount, now);
    this.remote.add(ask, amount, now).catch((error) => {
      this.environment.log('error', 'an answer could not be counted', { error: String(error) });
    });
  }

  private ask(identifier: string, { name, period, limit }: Limit, now: number): CounterAsk {
    return { key: `${this.prefix}:${identifier}:${windowStart(period, now)}:${name}:${period}`, limit, seconds: PERIOD_SECONDS[period] };
  }

  private identifier({ consumer, credential, request }: Exchange): string {
    if (this.config.limit_by === 'consumer') return consumer?.id ?? credential?.id ?? request.clientIp;
    return (this.config.limit_by === 'credential' ? credential?.id : undefined) ?? request.clientIp;
  }

  /** `video=2, image=1`: the amounts of known limits. */
  private parse(text: string): ReadonlyMap<string, number> {
    const used = new Map<string, number>();
    for (const entry of text.split(',', ENTRIES_MAX)) {
      const [name, amount, more] = entry.split('=', 3).map((part) => part.trim());
      const number = amount === undefined || more !== undefined ? undefined : parseNumber(amount);
      if (number !== undefined && this.names.includes(name!)) used.set(name!, number);
    }
    return used;
  }
}

export const responseRateLimiting: PluginTwin = {
  name: 'response-ratelimiting',
  priority: 900,
  version: '3.9.3',
  create(config, environment) {
    const known = config as unknown as ResponseRateLimitingConfig;
    const { header_name: name } = known;
    return name === null ? failing('config.header_name') : new ResponseRateLimiting(name, known, environment);
  },
};
