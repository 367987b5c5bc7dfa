/** What the first process keeps for all workers: counters, the stores of policies, and what they tell each other. */
import { memoryStores, type Stores } from '@gatehouse/plugins';
import type { BreakerRecord, Revocation } from '@gatehouse/policy';
import type { CounterAsk, Counters } from '../plugin.js';
import { LocalCounters } from '../plugins/lib/counters.js';

/** What a worker asks of a plugin's counters. */
export interface CounterCall {
  readonly plugin: string;
  readonly op: 'take' | 'read';
  readonly asks: readonly CounterAsk[];
  readonly now: number;
}

export interface CounterAdd {
  readonly plugin: string;
  readonly ask: CounterAsk;
  readonly amount: number;
  readonly now: number;
}

/** What a worker asks of a system's stores. */
export interface StoreCall {
  readonly system: string;
  readonly store: keyof typeof METHODS;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What happened in a store of the first process; each worker tells its own listeners. */
export type StoreEvent =
  | { readonly system: string; readonly kind: 'limits-reset' }
  | { readonly system: string; readonly kind: 'breaker'; readonly record: BreakerRecord }
  | { readonly system: string; readonly kind: 'revocation'; readonly revocation: Revocation }
  | { readonly system: string; readonly kind: 'api-key'; readonly of: string | null; readonly id: string | null };

/** What one plugin tells its siblings. */
export interface SiblingTale {
  readonly plugin: string;
  readonly data: unknown;
  readonly bytes: number;
}

/** How the hub reaches workers. */
export interface Audience {
  /** `except`: the worker that knows already. */
  cast(name: string, data: unknown, except?: number): void;
  castSpare(name: string, data: unknown, bytes: number, except: number): void;
}

/** All that may be asked for; a worker is ours, but a name in a message is no method. */
const METHODS = {
  limits: ['take', 'giveBack', 'reset'],
  breakers: ['read', 'list', 'register', 'tell', 'force', 'lease', 'release'],
  idempotency: ['claim', 'complete', 'release'],
  replay: ['claim', 'confirm', 'release'],
  revocations: ['publish'],
  apiKeys: ['get', 'put', 'list', 'touch'],
} as const satisfies Partial<Record<keyof Stores, readonly string[]>>;

export class Hub {
  private readonly counters = new Map<string, Counters>();
  private readonly stores = new Map<string, Stores>();

  constructor(
    private readonly audience: Audience,
    private readonly effects: Parameters<typeof memoryStores>[0],
  ) {}

  count({ plugin, op, asks, now }: CounterCall): unknown {
    const counters = this.countersOf(plugin);
    return op === 'take' ? counters.take(asks, now) : counters.read(asks, now);
  }

  add({ plugin, ask, amount, now }: CounterAdd): void {
    this.countersOf(plugin).add(ask, amount, now);
  }

  /** @throws RangeError for what no store can do */
  async ask({ system, store, method, args }: StoreCall, from: number): Promise<unknown> {
    const methods: readonly string[] = Object.hasOwn(METHODS, store) ? METHODS[store] : [];
    if (!methods.includes(method)) throw new RangeError(`${String(store)} has no ${method}`);
    const target = this.storesOf(system)[store] as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
    const result = await target[method]!(...args);
    if (store === 'breakers' && method === 'tell') this.tellBreaker(system, args[0] as BreakerRecord, result as BreakerRecord, from);
    return result;
  }

  /** Revocations so far, for a worker that begins. */
  revocations(system: string): Revocation[] {
    const known: Revocation[] = [];
    this.storesOf(system)
      .revocations.follow(
        (revocation) => known.push(revocation),
        () => undefined,
      )
      .close();
    return known;
  }

  relay({ plugin, data, bytes }: SiblingTale, from: number): void {
    this.audience.castSpare('sibling', { plugin, data, bytes } satisfies SiblingTale, bytes, from);
  }

  close(): void {
    for (const stores of this.stores.values()) stores.close();
  }

  /** What a worker says of a breaker holds for the others, unless an operator forces something else. */
  private tellBreaker(system: string, told: BreakerRecord, holds: BreakerRecord, from: number): void {
    if (holds.forced || holds.service !== told.service) return;
    this.audience.cast('store-event', { system, kind: 'breaker', record: holds } satisfies StoreEvent, from);
  }

  private countersOf(plugin: string): Counters {
    const known = this.counters.get(plugin) ?? new LocalCounters();
    this.counters.set(plugin, known);
    return known;
  }

  private storesOf(system: string): Stores {
    const known = this.stores.get(system);
    if (known) return known;
    const made = memoryStores(this.effects);
    this.stores.set(system, made);
    const tell = (event: StoreEvent): void => this.audience.cast('store-event', event);
    made.limits.onReset(() => tell({ system, kind: 'limits-reset' }));
    made.breakers.watch((record) => record && tell({ system, kind: 'breaker', record }));
    made.apiKeys.onChange((of, id) => tell({ system, kind: 'api-key', of, id }));
    let before = true;
    made.revocations.follow(
      (revocation) => before || tell({ system, kind: 'revocation', revocation }),
      () => undefined,
    );
    before = false;
    return made;
  }
}
