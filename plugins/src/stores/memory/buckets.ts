/** Counting in buckets of time: what the script on Redis does, in the same steps, for one process. */
import type { LimitWindow } from '@gatehouse/policy';

/** A counter: the bucket that it counts in now, and the count of the one before. */
export interface Buckets {
  index: number;
  current: number;
  previous: number;
}

/**
 * Moves a counter on to the bucket that `now` is in. A clock that goes back by less than a bucket stays in the later one, so that
 * nothing is counted twice; after a larger jump counting starts anew.
 */
export function moveOn(buckets: Buckets, now: number, periodMs: number): void {
  const index = Math.floor(now / periodMs);
  const ahead = buckets.index - index;
  if (ahead === 0 || ahead === 1) return;
  buckets.previous = ahead === -1 ? buckets.current : 0;
  buckets.current = 0;
  buckets.index = index;
}

/** Requests that the window holds now: of a sliding one the bucket before counts by the part of it that is still inside. */
export function estimate(buckets: Buckets, now: number, window: LimitWindow): number {
  if (!window.sliding) return buckets.current;
  const elapsed = Math.max(0, now - buckets.index * window.periodMs);
  return (buckets.previous * (window.periodMs - elapsed)) / window.periodMs + buckets.current;
}

/** Milliseconds until the bucket ends. */
export function untilNext(buckets: Buckets, now: number, window: LimitWindow): number {
  return (buckets.index + 1) * window.periodMs - now;
}

/** Milliseconds until a full window lets one more through; at least 1. */
export function untilFree(buckets: Buckets, now: number, window: LimitWindow): number {
  const { periodMs, limit, sliding } = window;
  const left = untilNext(buckets, now, window);
  if (!sliding) return Math.max(1, left);
  const { previous, current } = buckets;
  const room = limit - current - 1;
  if (room >= 0) return Math.max(1, Math.ceil(left - (room * periodMs) / previous));
  const later = Math.max(0, Math.ceil(periodMs - ((limit - 1) * periodMs) / current));
  return Math.max(1, left + later);
}
