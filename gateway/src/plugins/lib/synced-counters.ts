/** Counters that are kept here and brought to Redis now and then: what `sync_rate` of rate-limiting asks for. */
import type { CounterAsk, RemoteCounters } from '../../plugin.js';

interface Counter {
  readonly ask: CounterAsk;
  /** What stood in Redis when it was read. */
  readonly before: number;
  /** Counted here since; not in Redis yet. */
  added: number;
  /** Unix ms. */
  readonly until: number;
}

/** Counters between two syncs, at most: with more it is time to sync. */
const COUNTERS_MAX = 10_000;

export interface SyncEffects {
  after(ms: number, run: () => void): unknown;
  cancel(handle: unknown): void;
  log(level: 'error', message: string, fields: Record<string, unknown>): void;
}

/**
 * Reads a counter from Redis once in a while and goes on by itself in between, so that nodes know of each other's requests after
 * `seconds`: a limit may be passed by what came meanwhile. A refused request is not counted.
 */
export class SyncedCounters implements RemoteCounters {
  private counters = new Map<string, Counter>();
  private readonly reading = new Map<string, Promise<Counter>>();
  private timer: unknown = null;

  /** @param seconds between two syncs */
  constructor(
    private readonly remote: RemoteCounters,
    private readonly seconds: number,
    private readonly effects: SyncEffects,
  ) {}

  async take(asks: readonly CounterAsk[], now: number): Promise<readonly number[]> {
    const counters = await Promise.all(asks.map((ask) => this.counter(ask, now)));
    const before = counters.map((counter) => counter.before + counter.added);
    if (before.some((value, i) => value >= asks[i]!.limit)) return before;
    for (const counter of counters) counter.added++;
    this.schedule();
    return before;
  }

  read(asks: readonly CounterAsk[], now: number): Promise<readonly number[]> {
    return this.remote.read(asks, now);
  }

  add(ask: CounterAsk, amount: number, now: number): Promise<void> {
    return this.remote.add(ask, amount, now);
  }

  close(): void {
    if (this.timer !== null) this.effects.cancel(this.timer);
    void this.sync().finally(() => this.remote.close());
  }

  private counter(ask: CounterAsk, now: number): Counter | Promise<Counter> {
    const known = this.counters.get(ask.key);
    if (known && known.until > now) return known;
    const asked = this.reading.get(ask.key) ?? this.fetch(ask, now);
    this.reading.set(ask.key, asked);
    return asked;
  }

  /** Requests that come while it is read wait for the same answer. */
  private async fetch(ask: CounterAsk, now: number): Promise<Counter> {
    try {
      const [before] = await this.remote.read([ask], now);
      const counter: Counter = { ask, before: before!, added: 0, until: now + ask.seconds * 1000 };
      this.counters.set(ask.key, counter);
      return counter;
    } finally {
      this.reading.delete(ask.key);
    }
  }

  private schedule(): void {
    if (this.counters.size >= COUNTERS_MAX) return void this.sync();
    this.timer ??= this.effects.after(this.seconds * 1000, () => void this.sync());
  }

  /** Brings what was counted to Redis; what it knows is read again at the next request. What it would not take is lost, and said. */
  private async sync(): Promise<void> {
    if (this.timer !== null) this.effects.cancel(this.timer);
    this.timer = null;
    const { counters } = this;
    this.counters = new Map();
    const added = [...counters.values()].filter((counter) => counter.added > 0);
    const results = await Promise.allSettled(added.map(({ ask, added: amount }) => this.remote.add(ask, amount, 0)));
    const lost = results.filter(({ status }) => status === 'rejected').length;
    if (lost > 0) this.effects.log('error', 'counts did not reach Redis and are lost', { counters: lost });
  }
}
