import {
  type BaseEffects,
  type BreakerState,
  type BreakerStore,
  ConfigError,
  definePolicy,
  type Lease,
  type PolicyInstance,
  type RedisFields,
} from '@gatehouse/policy';
import { ServiceBreaker } from './breaker.js';
import type { Thresholds } from './generation.js';
import { type Breakers, create, needs } from './policy.js';
import { type Config, schema } from './schema.js';

export { closeBreaker, openBreaker, showBreakers, UnknownBreakerError } from './operate.js';

const NAME = 'circuit-breaker';

/** What `circuit-breaker` uses of the world. */
export interface CircuitBreakerWorld extends Pick<BaseEffects, 'now' | 'log' | 'metrics' | 'shared'> {
  /** @throws an error whose message names the variable, for a Redis that is named wrongly */
  stores(system: string, redis?: RedisFields): { readonly breakers: BreakerStore };
}

const LABELS = ['system', 'service'];
const STATE = { name: 'gatehouse_circuit_breaker_state', help: '0 closed, 1 open, 2 half-open', labels: LABELS, across: 'max' as const };
const COUNTS = {
  request: { name: 'gatehouse_circuit_breaker_requests_total', help: 'Requests that came to the breaker', labels: LABELS },
  failure: { name: 'gatehouse_circuit_breaker_failures_total', help: 'Requests that the service failed', labels: LABELS },
  rejection: { name: 'gatehouse_circuit_breaker_rejected_total', help: 'Requests refused by the breaker', labels: LABELS },
};
const GAUGE_VALUES: Readonly<Record<BreakerState, number>> = { closed: 0, open: 1, 'half-open': 2 };

type Count = { add(by?: number): void };

/** A breaker with its series, looked up once. */
interface Known {
  readonly breaker: ServiceBreaker;
  readonly counts: Readonly<Record<keyof typeof COUNTS, Count>>;
}

/** The breakers of one system in this process. */
class SystemBreakers {
  private readonly known = new Map<string, Known>();
  private readonly watching: { close(): void };

  constructor(
    private readonly system: string,
    private readonly store: BreakerStore,
    private readonly world: CircuitBreakerWorld,
  ) {
    this.watching = store.watch((record) => {
      if (record !== null) this.known.get(record.service)?.breaker.heard(record);
      else for (const { breaker } of this.known.values()) breaker.heard(null);
    });
  }

  of(service: string, thresholds: Thresholds, probeMs: number): Known {
    const known = this.known.get(service);
    if (known) return known;
    const { metrics } = this.world;
    const labels = [this.system, service];
    const gauge = metrics.gauge(STATE);
    const changed = (state: BreakerState): void => gauge.set(labels, GAUGE_VALUES[state]);
    const made: Known = {
      breaker: new ServiceBreaker(service, thresholds, probeMs, this.store, this.world, changed),
      counts: {
        request: metrics.counter(COUNTS.request).with(labels),
        failure: metrics.counter(COUNTS.failure).with(labels),
        rejection: metrics.counter(COUNTS.rejection).with(labels),
      },
    };
    this.known.set(service, made);
    return made;
  }

  close(): void {
    this.watching.close();
    for (const { breaker } of this.known.values()) breaker.close();
  }
}

/** The breakers that one instance has met. */
class InstanceBreakers implements Breakers {
  private readonly systems = new Map<string, Lease<SystemBreakers>>();
  private readonly met = new Map<string, Known>();
  private readonly thresholds: Thresholds;

  constructor(
    private readonly config: Config,
    private readonly world: CircuitBreakerWorld,
  ) {
    this.thresholds = {
      errorPercent: config.error_percent,
      minimumRequests: config.minimum_requests,
      windowMs: config.window_seconds * 1000,
      consecutiveFailures: config.consecutive_failures,
      resetMs: config.reset_ms,
    };
    const { system, service } = config;
    if (system !== undefined) this.system(system);
    // A breaker whose name is known shows its state before the first request.
    if (system !== undefined && service !== undefined) this.meet(system, service);
  }

  of(system: string, service: string): ServiceBreaker {
    return this.meet(system, service).breaker;
  }

  counted(system: string, service: string, what: keyof typeof COUNTS): void {
    this.meet(system, service).counts[what].add();
  }

  close(): void {
    for (const lease of this.systems.values()) lease.release();
  }

  private meet(system: string, service: string): Known {
    const key = this.config.system === undefined ? `${system} ${service}` : service;
    const met = this.met.get(key);
    if (met) return met;
    const { probe_ms } = this.config;
    const known = this.system(system).of(service, this.thresholds, probe_ms);
    // The latest configuration holds for a service that several routes have.
    known.breaker.configure(this.thresholds, probe_ms);
    this.met.set(key, known);
    return known;
  }

  private system(system: string): SystemBreakers {
    const known = this.systems.get(system);
    if (known) return known.value;
    const { redis } = this.config;
    const store = this.world.stores(system, redis).breakers;
    const key = `${NAME}:${system}:${JSON.stringify(redis ?? null)}`;
    const lease = this.world.shared.acquire(key, () => new SystemBreakers(system, store, this.world));
    this.systems.set(system, lease);
    return lease.value;
  }
}

function breakersOf(config: Config, world: CircuitBreakerWorld): InstanceBreakers {
  try {
    return new InstanceBreakers(config, world);
  } catch (error) {
    throw new ConfigError(NAME, [{ path: 'redis', message: error instanceof Error ? error.message : String(error) }]);
  }
}

export const circuitBreaker = definePolicy({
  name: NAME,
  version: '1.0.0',
  priority: 790,
  summary: 'Whether the service is asked at all: opossum, fed by the outcome of each proxied request',
  schema,
  deadlineMs: 1000,
  needs,
  create(config: Config, world: CircuitBreakerWorld): PolicyInstance {
    const breakers = breakersOf(config, world);
    return Object.assign(create(config, { now: () => world.now(), breakers }), { close: () => breakers.close() });
  },
});
