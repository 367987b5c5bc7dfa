import {
  type BaseEffects,
  ConfigError,
  definePolicy,
  type Lease,
  type LimitStore,
  type PolicyInstance,
  type RedisFields,
} from '@gatehouse/policy';
import { Denials } from './denials.js';
import { encodedForms } from './encode.js';
import { create, type LimitState, needs } from './policy.js';
import { type Config, earlySchema, schema } from './schema.js';

/** What both limiters use of the world. */
export interface RedisRateLimitEffects extends Pick<BaseEffects, 'now' | 'log' | 'metrics' | 'shared'> {
  /** @throws an error whose message names the variable, for a Redis that is named wrongly */
  stores(system: string, redis?: RedisFields): { readonly limits: LimitStore; readonly localLimits: LimitStore };
}

const DEGRADED = { name: 'gatehouse_rate_limit_degraded_total', help: 'Requests that Redis did not count', labels: ['system'] };
const REFUSED = { name: 'gatehouse_rate_limit_refused_total', help: 'Requests refused by a rate limit', labels: ['system', 'window'] };

/** The state of one system in this process. */
class SystemLimits implements LimitState {
  readonly denials = new Denials();
  private readonly listening: { close(): void };
  private readonly degradedCount: { add(by?: number): void };
  private readonly refusedCount: { add(labels: readonly string[]): void };
  private away = false;

  constructor(
    private readonly system: string,
    readonly shared: LimitStore,
    readonly local: LimitStore,
    private readonly effects: Pick<BaseEffects, 'log' | 'metrics'>,
  ) {
    this.degradedCount = effects.metrics.counter(DEGRADED).with([system]);
    this.refusedCount = effects.metrics.counter(REFUSED);
    this.listening = shared.onReset(() => this.denials.clear());
  }

  degraded(error: unknown): void {
    this.degradedCount.add();
    if (this.away) return;
    this.away = true;
    this.effects.log('warn', 'requests are not counted in Redis', { system: this.system, error: String(error) });
  }

  fine(): void {
    if (!this.away) return;
    this.away = false;
    this.effects.log('info', 'requests are counted in Redis again', { system: this.system });
  }

  refused(window: string): void {
    this.refusedCount.add([this.system, window]);
  }

  close(): void {
    this.listening.close();
  }
}

function instance(config: Config, effects: RedisRateLimitEffects, name: string, early: boolean): PolicyInstance {
  const leases = new Map<string, Lease<SystemLimits>>();
  const stateOf = (system: string): LimitState => (leases.get(system) ?? acquire(system)).value;
  const acquire = (system: string): Lease<SystemLimits> => {
    // Found before the lease is taken: a Redis that is named wrongly leaves nothing behind.
    const { limits, localLimits } = effects.stores(system, config.redis);
    const key = `redis-rate-limit:${system}:${JSON.stringify(config.redis ?? null)}`;
    const lease = effects.shared.acquire(key, () => new SystemLimits(system, limits, localLimits, effects));
    leases.set(system, lease);
    return lease;
  };
  try {
    if (config.system !== undefined) acquire(config.system);
  } catch (error) {
    throw new ConfigError(name, [{ path: 'redis', message: error instanceof Error ? error.message : String(error) }]);
  }
  const made = create(config, { now: () => effects.now(), log: effects.log, stateOf }, name, early);
  const close = (): void => {
    for (const lease of leases.values()) lease.release();
  };
  return Object.assign(made, { close });
}

/** A slow client may take its time to send a body that is counted by; all else ends by the deadline of Redis. */
const DEADLINE_MS = 120_000;

export const redisRateLimit = definePolicy({
  name: 'redis-rate-limit',
  version: '1.0.0',
  priority: 905,
  summary: 'How often: several windows by user, role, endpoint, address, any claim or field; one atomic script',
  schema,
  deadlineMs: DEADLINE_MS,
  needs,
  create: (config: Config, effects: RedisRateLimitEffects) => instance(config, effects, 'redis-rate-limit', false),
});

export const ipRateLimit = definePolicy({
  name: 'ip-rate-limit',
  version: '1.0.0',
  priority: 1940,
  summary: 'How often, before anybody knows who it is: windows by address, the 401s among them',
  schema: earlySchema,
  deadlineMs: DEADLINE_MS,
  needs,
  create: (config: Config, effects: RedisRateLimitEffects) => instance(config, effects, 'ip-rate-limit', true),
});

/**
 * Forgets all counters of somebody, on every node.
 * @param limits of the system
 * @param subject a user's id, an address, a phone number: what windows count by
 * @returns how many counters there were
 */
export async function resetSubject(limits: LimitStore, subject: string): Promise<number> {
  return subject === '' ? 0 : limits.reset(encodedForms(subject));
}
