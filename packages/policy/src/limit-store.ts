/** Where rate limits are counted. In process or on Redis; one conformance suite for both. */
import type { MaybePromise } from './policy.js';

/** A window as a store sees it; made once per configuration. */
export interface LimitWindow {
  /** Name, period and kind in one, without `|`: what a counter belongs to beside its subject. */
  readonly id: string;
  readonly limit: number;
  readonly periodMs: number;
  /** Two weighted buckets instead of one that starts anew. */
  readonly sliding: boolean;
}

/** One window of a request. */
export interface LimitAsk {
  readonly window: LimitWindow;
  /** Who is counted: parts that each end with `|`, of the characters that `encodePart` leaves. */
  readonly subject: string;
  /** 1 counts the request; 0 only asks whether one more would be let through. */
  readonly cost: 0 | 1;
}

/**
 * Two numbers for each ask, in order. First: how many more are let through, or -1 where this window refuses. Second: milliseconds,
 * until a window that refuses lets the next one through, of others until the bucket ends.
 */
export type LimitReply = readonly number[];

/** Counters of one system. Rejects, and never hangs, when its backend is away. */
export interface LimitStore {
  /** Counts a request in all of its windows at once, or in none when one of them refuses. */
  take(asks: readonly LimitAsk[]): MaybePromise<LimitReply>;
  /**
   * Takes back what was counted `ageMs` ago. Where the bucket may have changed since, the count stays: too many counted is an
   * annoyance, too few a broken promise.
   */
  giveBack(asks: readonly LimitAsk[], ageMs: number): MaybePromise<void>;
  /**
   * Forgets all counters that have one of these parts in their subject.
   * @returns how many counters there were
   */
  reset(parts: readonly string[]): Promise<number>;
  /** Calls back when counters were reset, on any node, so that remembered refusals are forgotten. */
  onReset(forget: () => void): { close(): void };
}
