/** Counters that end by themselves, within a bound: when it is reached, the one that was made first goes. */

import type { CounterAsk, Counters } from '../../plugin.js';

interface Counter {
  value: number;
  /** Unix ms. */
  readonly expiresAt: number;
}

/** Counters that live equally long: in the order in which they were made, which is the order in which they end. */
type Shelf = Map<string, Counter>;

const SHELF_MAX = 100_000;

export class CounterStore {
  private readonly shelves = new Map<number, Shelf>();

  /** `limit`: how many counters of one lifetime are kept. */
  constructor(private readonly limit = SHELF_MAX) {}

  get size(): number {
    return [...this.shelves.values()].reduce((sum, shelf) => sum + shelf.size, 0);
  }

  /** The value of a counter that lives for `seconds`; 0 for one that is none, or none any more at `now` (Unix ms). */
  get(key: string, seconds: number, now: number): number {
    const counter = this.shelves.get(seconds)?.get(key);
    return counter && counter.expiresAt > now ? counter.value : 0;
  }

  /** Adds to a counter; one that is new lives for `seconds`. */
  add(key: string, amount: number, seconds: number, now: number): void {
    const shelf = this.shelf(seconds);
    const counter = shelf.get(key);
    if (counter && counter.expiresAt > now) {
      counter.value += amount;
      return;
    }
    shelf.delete(key);
    this.makeRoom(shelf, now);
    shelf.set(key, { value: amount, expiresAt: now + seconds * 1000 });
  }

  private shelf(seconds: number): Shelf {
    const known = this.shelves.get(seconds);
    if (known) return known;
    const made: Shelf = new Map();
    this.shelves.set(seconds, made);
    return made;
  }

  private makeRoom(shelf: Shelf, now: number): void {
    for (const [key, { expiresAt }] of shelf) {
      if (expiresAt > now && shelf.size < this.limit) return;
      shelf.delete(key);
    }
  }
}

/** Counters in this process. */
export class LocalCounters implements Counters {
  constructor(private readonly store = new CounterStore()) {}

  take(asks: readonly CounterAsk[], now: number): number[] {
    const before = this.read(asks, now);
    if (before.every((value, i) => value < asks[i]!.limit)) for (const ask of asks) this.add(ask, 1, now);
    return before;
  }

  read(asks: readonly CounterAsk[], now: number): number[] {
    return asks.map(({ key, seconds }) => this.store.get(key, seconds, now));
  }

  add({ key, seconds }: CounterAsk, amount: number, now: number): void {
    this.store.add(key, amount, seconds, now);
  }
}
