/** The stores of a system: on its Redis where one is named, else in this process. */
import type {
  ApiKeyStore,
  BaseEffects,
  BreakerStore,
  IdempotencyStore,
  LimitStore,
  RedisFields,
  ReplayStore,
  RevocationFeed,
} from '@gatehouse/policy';
import { MemoryApiKeyStore } from '../api-key/index.js';
import { MemoryRevocationFeed } from '../jwt-auth/index.js';
import { RedisConnection, type RedisSettings, redisSettings } from '../runtime/redis/index.js';
import { MemoryReplayStore } from '../signature/index.js';
import { MemoryBreakerStore } from './memory/breaker-store.js';
import { MemoryIdempotencyStore } from './memory/idempotency-store.js';
import { MemoryLimitStore } from './memory/limit-store.js';
import { RedisApiKeyStore } from './redis/api-key-store.js';
import { RedisBreakerStore } from './redis/breaker-store.js';
import { EventStream } from './redis/event-stream.js';
import { RedisIdempotencyStore } from './redis/idempotency-store.js';
import { Keys } from './redis/keys.js';
import { RedisLimitStore } from './redis/limit-store.js';
import { RedisReplayStore } from './redis/replay-store.js';
import { RedisRevocationFeed } from './redis/revocation-feed.js';

/** All that one system keeps beyond a request. */
export interface Stores {
  readonly limits: LimitStore;
  /** Limits of this process alone, for while the shared ones are away. */
  readonly localLimits: LimitStore;
  readonly breakers: BreakerStore;
  readonly idempotency: IdempotencyStore;
  readonly replay: ReplayStore;
  readonly revocations: RevocationFeed;
  readonly apiKeys: ApiKeyStore;
  /** Settles when Redis answers; null when there is none. */
  readonly ping: (() => Promise<void>) | null;
  /** Resolves when a connection to Redis that was named stands, or was found to be away. */
  settled(): Promise<void>;
  close(): void;
}

export type StoreNeeds = Omit<BaseEffects, 'shared'>;

/** In this process alone: nothing outlives it, and no other node knows of it. */
export function memoryStores(effects: StoreNeeds): Stores {
  const now = (): number => effects.now();
  const limits = new MemoryLimitStore(now);
  return {
    limits,
    localLimits: limits,
    breakers: new MemoryBreakerStore(now),
    idempotency: new MemoryIdempotencyStore(now),
    replay: new MemoryReplayStore(now),
    revocations: new MemoryRevocationFeed(effects),
    apiKeys: new MemoryApiKeyStore(now),
    ping: null,
    settled: async () => undefined,
    close: () => undefined,
  };
}

/** Makes the stores of a system that has no Redis. */
export type MakeMemoryStores = (system: string, effects: StoreNeeds) => Stores;

/** On Redis: shared by all nodes. `local` counts while it is away. */
export function redisStores(system: string, settings: RedisSettings, effects: StoreNeeds, local?: LimitStore): Stores {
  const redis = new RedisConnection(system === '' ? 'default' : system, settings, effects);
  const keys = new Keys(system);
  const events = new EventStream(redis, keys, effects);
  return {
    limits: new RedisLimitStore(redis, keys, events),
    localLimits: local ?? new MemoryLimitStore(() => effects.now()),
    breakers: new RedisBreakerStore(redis, keys, events),
    idempotency: new RedisIdempotencyStore(redis, keys),
    replay: new RedisReplayStore(redis, keys),
    revocations: new RedisRevocationFeed(redis, keys, events, effects),
    apiKeys: new RedisApiKeyStore(redis, keys, events),
    // No request waits for it: a node that has just started, or is busy, is not one whose Redis is away.
    ping: () => redis.command('ping', [], { background: true }).then(() => undefined),
    settled: () =>
      redis.command('ping', []).then(
        () => undefined,
        () => undefined,
      ),
    close: () => {
      events.close();
      redis.close();
    },
  };
}

/** Makes the stores of each system when they are first asked for. */
export class StoreProvider {
  private readonly made = new Map<string, Stores>();

  constructor(
    private readonly environment: Readonly<Record<string, string | undefined>>,
    private readonly effects: StoreNeeds,
    private readonly inMemory: MakeMemoryStores = (_system, needs) => memoryStores(needs),
  ) {}

  /**
   * @param system empty for none
   * @param fields how a policy's configuration names its Redis; left out: the system's own
   * @throws RedisSettingsError, SecretError for what is named wrongly
   */
  of(system: string, fields?: RedisFields): Stores {
    const key = fields === undefined ? system : `${system} ${JSON.stringify(fields)}`;
    const known = this.made.get(key);
    if (known) return known;
    const settings = redisSettings(this.environment, this.effects.secrets, system, fields);
    if (!settings) this.effects.log('info', 'no Redis is named: what nodes share is kept in this process alone', { system });
    const made = settings
      ? redisStores(system, settings, this.effects, this.inMemory(`${key} local`, this.effects).localLimits)
      : this.inMemory(key, this.effects);
    this.made.set(key, made);
    return made;
  }

  close(): void {
    for (const stores of this.made.values()) stores.close();
    this.made.clear();
  }
}
