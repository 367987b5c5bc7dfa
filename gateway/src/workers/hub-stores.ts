/** The stores of policies in a worker: those of the first process, asked over the channel. */
import { MemoryRevocationFeed, memoryStores, type Stores } from '@gatehouse/plugins';
import type {
  ApiKeyStore,
  BaseEffects,
  BreakerRecord,
  BreakerStore,
  IdempotencyStore,
  LimitAsk,
  LimitReply,
  LimitStore,
  MaybePromise,
  ReplayStore,
  Revocation,
  RevocationFeed,
} from '@gatehouse/policy';
import type { Channel } from './channel.js';
import type { StoreCall, StoreEvent } from './hub.js';
import { HUB_DEADLINE_MS, shareOf } from './hub-sharing.js';

type Effects = Omit<BaseEffects, 'shared'>;
type Ask = (store: StoreCall['store'], method: string, ...args: readonly unknown[]) => Promise<unknown>;
type ListenersOf<T extends unknown[]> = Set<(...told: T) => void>;

function listen<T extends unknown[]>(listeners: ListenersOf<T>, listener: (...told: T) => void): { close(): void } {
  listeners.add(listener);
  return { close: () => void listeners.delete(listener) };
}

/** Limits: while the first process does not answer, this one counts alone, up to its share of each. */
class HubLimits implements LimitStore {
  readonly resets: ListenersOf<[]> = new Set();

  constructor(
    private readonly ask: Ask,
    private readonly alone: LimitStore,
    private readonly workers: number,
    private readonly degraded: (error: unknown) => void,
  ) {}

  take(asks: readonly LimitAsk[]): Promise<LimitReply> {
    return this.ask('limits', 'take', asks).then(
      (reply) => reply as LimitReply,
      (error) => {
        this.degraded(error);
        return this.alone.take(asks.map((ask) => ({ ...ask, window: this.shareOf(ask) })));
      },
    );
  }

  giveBack(asks: readonly LimitAsk[], ageMs: number): MaybePromise<void> {
    return this.ask('limits', 'giveBack', asks, ageMs).then(() => undefined);
  }

  reset(parts: readonly string[]): Promise<number> {
    return this.ask('limits', 'reset', parts) as Promise<number>;
  }

  onReset(forget: () => void): { close(): void } {
    return listen(this.resets, forget);
  }

  private shareOf({ window }: LimitAsk): LimitAsk['window'] {
    return { ...window, limit: shareOf(window.limit, this.workers) };
  }
}

class HubBreakers implements BreakerStore {
  readonly listeners: ListenersOf<[BreakerRecord | null]> = new Set();

  constructor(private readonly ask: Ask) {}

  read = (service: string): Promise<BreakerRecord | null> => this.ask('breakers', 'read', service) as Promise<BreakerRecord | null>;
  list = (): Promise<readonly BreakerRecord[]> => this.ask('breakers', 'list') as Promise<BreakerRecord[]>;
  register = async (service: string): Promise<void> => void (await this.ask('breakers', 'register', service));
  tell = (record: BreakerRecord): Promise<BreakerRecord> => this.ask('breakers', 'tell', record) as Promise<BreakerRecord>;
  force = async (record: BreakerRecord): Promise<void> => void (await this.ask('breakers', 'force', record));
  lease = (service: string, owner: string, ttlMs: number): Promise<boolean> =>
    this.ask('breakers', 'lease', service, owner, ttlMs) as Promise<boolean>;
  release = async (service: string, owner: string): Promise<void> => void (await this.ask('breakers', 'release', service, owner));
  watch = (changed: (record: BreakerRecord | null) => void): { close(): void } => listen(this.listeners, changed);
}

/** Follows the feed of the first process; says that it is complete only once all that was known before is here. */
class HubRevocations implements RevocationFeed {
  private readonly mirror: MemoryRevocationFeed;
  private readonly complete: Promise<void>;

  constructor(
    private readonly ask: Ask,
    known: Promise<unknown>,
    effects: Effects,
  ) {
    this.mirror = new MemoryRevocationFeed(effects);
    this.complete = known.then(async (revocations) => {
      for (const revocation of revocations as Revocation[]) await this.heard(revocation);
    });
    this.complete.catch((error) => effects.log('error', 'revocations could not be read', { error: String(error) }));
  }

  heard(revocation: Revocation): Promise<void> {
    return this.mirror.publish(revocation);
  }

  follow(apply: (revocation: Revocation) => void, heard: (at: number) => void): { close(): void } {
    let closed = false;
    let following: { close(): void } | null = null;
    const begin = (): void => {
      if (!closed) following = this.mirror.follow(apply, heard);
    };
    this.complete.then(begin, () => undefined);
    return {
      close: () => {
        closed = true;
        following?.close();
      },
    };
  }

  async publish(revocation: Revocation): Promise<void> {
    await this.ask('revocations', 'publish', revocation);
  }
}

/** One system's stores, and how they hear of what happened in the first process. */
class SystemStores {
  private readonly limits: HubLimits;
  private readonly breakers: HubBreakers;
  private readonly revocations: HubRevocations;
  private readonly keyListeners: ListenersOf<[string | null, string | null]> = new Set();
  readonly stores: Stores;

  constructor(
    private readonly ask: Ask,
    known: Promise<unknown>,
    effects: Effects,
    workers: number,
    degraded: (error: unknown) => void,
  ) {
    this.limits = new HubLimits(ask, memoryStores(effects).limits, workers, degraded);
    this.breakers = new HubBreakers(ask);
    this.revocations = new HubRevocations(ask, known, effects);
    this.stores = {
      limits: this.limits,
      localLimits: this.limits,
      breakers: this.breakers,
      idempotency: this.asked<IdempotencyStore>('idempotency', ['claim', 'complete', 'release']),
      replay: this.asked<ReplayStore>('replay', ['claim', 'confirm', 'release']),
      revocations: this.revocations,
      apiKeys: {
        ...this.asked<Omit<ApiKeyStore, 'onChange'>>('apiKeys', ['get', 'put', 'list', 'touch']),
        onChange: (dropped) => listen(this.keyListeners, dropped),
      },
      ping: null,
      settled: async () => undefined,
      close: () => undefined,
    };
  }

  happened(event: StoreEvent): void {
    if (event.kind === 'limits-reset') for (const forget of this.limits.resets) forget();
    else if (event.kind === 'breaker') for (const changed of this.breakers.listeners) changed(event.record);
    else if (event.kind === 'api-key') for (const dropped of this.keyListeners) dropped(event.of, event.id);
    else this.revocations.heard(event.revocation).catch(() => undefined);
  }

  /** A store all of whose methods are asked of the first process. */
  private asked<T>(store: StoreCall['store'], methods: readonly (keyof T & string)[]): T {
    return Object.fromEntries(methods.map((method) => [method, (...args: unknown[]) => this.ask(store, method, ...args)])) as T;
  }
}

/** The stores of a worker, by system. */
export class HubStores {
  private readonly made = new Map<string, SystemStores>();

  constructor(
    private readonly channel: Channel,
    private readonly workers: number,
    private readonly degraded: (error: unknown) => void,
  ) {}

  /** For systems with no Redis. */
  of(system: string, effects: Effects): Stores {
    const known = this.made.get(system);
    if (known) return known.stores;
    const ask: Ask = (store, method, ...args) =>
      this.channel.call('store', { system, store, method, args } satisfies StoreCall, HUB_DEADLINE_MS);
    const revocations = this.channel.call('revocations', system, HUB_DEADLINE_MS * 20);
    const stores = new SystemStores(ask, revocations, effects, this.workers, this.degraded);
    this.made.set(system, stores);
    return stores.stores;
  }

  happened(event: StoreEvent): void {
    this.made.get(event.system)?.happened(event);
  }
}
