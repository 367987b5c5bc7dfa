import type { LimitAsk, LimitReply, LimitStore } from '@gatehouse/policy';
import { type Buckets, estimate, moveOn, untilFree, untilNext } from './buckets.js';

/** What a count and its being taken back may have spent on the way, each up to a command's deadline. */
export const TRANSPORT_MAX_MS = 100;

interface Counter extends Buckets {
  /** When it says nothing any more. */
  until: number;
}

/** Counters of this process alone. Bounded: beyond that the ones that were made first are forgotten. */
export class MemoryLimitStore implements LimitStore {
  private readonly counters = new Map<string, Counter>();
  private readonly listeners = new Set<() => void>();
  private sweptAt = 0;

  /** @param capacity counters that are kept at most */
  constructor(
    private readonly now: () => number,
    private readonly capacity = 100_000,
  ) {}

  take(asks: readonly LimitAsk[]): LimitReply {
    const now = this.now();
    const counters = asks.map((ask) => this.counterOf(ask, now));
    const free = asks.map(({ window }, i) => estimate(counters[i]!, now, window) + 1 <= window.limit);
    const counted = free.every(Boolean);
    return asks.flatMap(({ window, cost }, i) => {
      const counter = counters[i]!;
      if (!free[i]) return [-1, untilFree(counter, now, window)];
      if (counted && cost === 1) this.count(asks[i]!, counter);
      return [Math.floor(window.limit - estimate(counter, now, window)), untilNext(counter, now, window)];
    });
  }

  giveBack(asks: readonly LimitAsk[], ageMs: number): void {
    const now = this.now();
    for (const { window, subject } of asks) {
      const counter = this.counters.get(window.id + subject);
      if (!counter) continue;
      moveOn(counter, now, window.periodMs);
      const since = now - counter.index * window.periodMs;
      if (since > ageMs + TRANSPORT_MAX_MS && counter.current > 0) counter.current--;
    }
  }

  async reset(parts: readonly string[]): Promise<number> {
    const found = [...this.counters.keys()].filter((key) => parts.some((part) => key.includes(`|${part}`)));
    for (const key of found) this.counters.delete(key);
    for (const forget of this.listeners) forget();
    return found.length;
  }

  onReset(forget: () => void): { close(): void } {
    this.listeners.add(forget);
    return { close: () => void this.listeners.delete(forget) };
  }

  /** The counter of an ask; one that nobody counted in yet is not kept. */
  private counterOf({ window, subject }: LimitAsk, now: number): Counter {
    const known = this.counters.get(window.id + subject);
    if (!known) return { index: Math.floor(now / window.periodMs), current: 0, previous: 0, until: 0 };
    moveOn(known, now, window.periodMs);
    return known;
  }

  private count({ window, subject }: LimitAsk, counter: Counter): void {
    counter.current++;
    counter.until = (counter.index + (window.sliding ? 2 : 1)) * window.periodMs;
    const key = window.id + subject;
    if (this.counters.get(key) === counter) return;
    if (this.counters.size >= this.capacity) this.makeRoom();
    this.counters.set(key, counter);
  }

  private makeRoom(): void {
    const now = this.now();
    // Looking through all of them pays only now and then.
    if (now - this.sweptAt >= 1000 || now < this.sweptAt) {
      this.sweptAt = now;
      for (const [key, { until }] of this.counters) if (until <= now) this.counters.delete(key);
    }
    for (const key of this.counters.keys()) {
      if (this.counters.size < this.capacity) return;
      this.counters.delete(key);
    }
  }
}
