/** Twin of Kong's rate-limiting: so many requests per second, minute, hour, day, month or year. */
import type {
  CounterAsk,
  Exchange,
  Exit,
  PluginEnvironment,
  PluginInstance,
  PluginTwin,
  RedisTarget,
  RemoteCounters,
} from '../../plugin.js';
import { errorExit } from '../lib/exits.js';
import { failing } from '../lib/failing.js';
import { findKey } from '../lib/header-lookup.js';
import { formatGeneral } from '../lib/lua-number.js';
import { PERIOD_SECONDS, PERIODS, type Period, secondsLeft, windowStart } from '../lib/windows.js';

/** Kong's schema (kong/plugins/rate-limiting/schema.lua), defaults filled in. */
interface RateLimitingConfig extends Record<Period, number | null> {
  limit_by: 'consumer' | 'credential' | 'ip' | 'service' | 'header' | 'path';
  header_name: string | null;
  path: string | null;
  policy: 'local' | 'redis' | null;
  fault_tolerant: boolean;
  redis: RedisTarget;
  sync_rate: number;
  hide_client_headers: boolean;
  error_code: number;
  error_message: string;
}

interface Limit {
  readonly period: Period;
  readonly limit: number;
  /** The limit as headers say it. */
  readonly shown: string;
  readonly limitHeader: string;
  readonly remainingHeader: string;
}

/** What is left of the limit that is nearest to its end. */
interface Tightest {
  limit: Limit;
  remaining: number;
}

const capital = (word: string): string => word[0]!.toUpperCase() + word.slice(1);

function limitsOf(config: RateLimitingConfig): Limit[] {
  return PERIODS.flatMap((period) => {
    const limit = config[period];
    if (limit === null || limit === undefined) return [];
    const name = capital(period);
    return [
      {
        period,
        limit,
        shown: formatGeneral(limit),
        limitHeader: `X-RateLimit-Limit-${name}`,
        remainingHeader: `X-RateLimit-Remaining-${name}`,
      },
    ];
  });
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

class RateLimiting implements PluginInstance {
  private readonly limits: readonly Limit[];
  /** Instances that are bound alike count together, as in Kong. */
  private readonly prefix: string;
  private readonly remote: RemoteCounters | null;

  constructor(
    private readonly config: RateLimitingConfig,
    private readonly environment: PluginEnvironment,
  ) {
    this.remote = config.policy === 'redis' ? environment.redisCounters(config.redis, 'ratelimit:', config.sync_rate) : null;
    this.limits = limitsOf(config);
    this.prefix = `${environment.scope.route ?? NOBODY}:${environment.scope.service ?? NOBODY}`;
  }

  access(exchange: Exchange): Exit | undefined | Promise<Exit | undefined> {
    const now = this.environment.now();
    const prefix = `${this.prefix}:${this.identifier(exchange)}`;
    const asks = this.limits.map(({ period, limit }): CounterAsk => {
      return { key: `${prefix}:${windowStart(period, now)}:${period}`, limit, seconds: PERIOD_SECONDS[period] };
    });
    if (this.remote !== null) return this.askRemote(exchange, this.remote.take(asks, now), now);
    const used = this.environment.counters.take(asks, now);
    return used instanceof Promise ? used.then((late) => this.judge(exchange, late, now)) : this.judge(exchange, used, now);
  }

  close(): void {
    this.remote?.close();
  }

  /** With `fault_tolerant` a Redis that is away lets everybody pass, as in Kong; else it is an error of the gateway. */
  private async askRemote(exchange: Exchange, asked: Promise<readonly number[]>, now: number): Promise<Exit | undefined> {
    let used: readonly number[];
    try {
      used = await asked;
    } catch (error) {
      if (!this.config.fault_tolerant) throw error;
      this.environment.log('error', 'requests could not be counted', { error: String(error) });
      return undefined;
    }
    return this.judge(exchange, used, now);
  }

  private judge(exchange: Exchange, used: readonly number[], now: number): Exit | undefined {
    const left = this.limits.map(({ limit }, i) => limit - used[i]!);
    const stop = left.findLastIndex((remaining) => remaining <= 0);
    const reset = this.config.hide_client_headers ? 0 : this.tell(exchange, left, stop, now);
    return stop >= 0 ? this.refuse(exchange, reset) : undefined;
  }

  private identifier(exchange: Exchange): string {
    const { config } = this;
    const { consumer, credential, service, request } = exchange;
    switch (config.limit_by) {
      case 'service':
        return service?.id ?? request.clientIp;
      case 'consumer':
        return consumer?.id ?? credential?.id ?? request.clientIp;
      case 'credential':
        return credential?.id ?? request.clientIp;
      case 'header':
        return this.headerValue(exchange) ?? request.clientIp;
      case 'path':
        return request.path === config.path ? request.path : request.clientIp;
      case 'ip':
        return request.clientIp;
    }
  }

  private headerValue({ request: { headers } }: Exchange): string | undefined {
    const key = findKey(headers, this.config.header_name ?? '');
    return key === null ? undefined : headers.get(key);
  }

  /** Puts the headers on the answer. Returns the seconds after which to try again. */
  private tell({ responseHeaders }: Exchange, left: readonly number[], stop: number, now: number): number {
    let tightest: Tightest | null = null;
    for (const [i, limit] of this.limits.entries()) {
      // The request itself counts, but of a refused one only the limit that refused it.
      const remaining = Math.max(0, stop < 0 || stop === i ? left[i]! - 1 : left[i]!);
      // With as much left the longer window is told; the limits come by length.
      if (!tightest || remaining <= tightest.remaining) tightest = { limit, remaining };
      responseHeaders.set(limit.limitHeader, limit.shown);
      responseHeaders.set(limit.remainingHeader, formatGeneral(remaining));
    }
    if (!tightest) return 0;
    const reset = secondsLeft(tightest.limit.period, now);
    responseHeaders.set('RateLimit-Limit', tightest.limit.shown);
    responseHeaders.set('RateLimit-Remaining', formatGeneral(tightest.remaining));
    responseHeaders.set('RateLimit-Reset', String(reset));
    return reset;
  }

  private refuse(exchange: Exchange, reset: number): Exit {
    const { error_code, error_message, hide_client_headers } = this.config;
    if (!hide_client_headers) exchange.responseHeaders.set('Retry-After', String(reset));
    return errorExit(exchange, error_code, error_message);
  }
}

export const rateLimiting: PluginTwin = {
  name: 'rate-limiting',
  priority: 910,
  version: '3.9.3',
  create(config, environment) {
    const known = config as unknown as RateLimitingConfig;
    return known.policy === null ? failing('config.policy') : new RateLimiting(known, environment);
  },
};
