/** The truth that an approximation is held against: the time of every request that was let through. */
export interface ExactLog {
  add(at: number): void;
  /** Requests in the last `ms`, up to and with `now`. */
  within(now: number, ms: number): number;
  /** Requests in the bucket that `now` is in. */
  inBucket(now: number): number;
  /** What a sliding window promises at most: the limit, and of the bucket before the part that has gone. */
  bound(now: number, limit: number): number;
}

export function exactLog(periodMs: number): ExactLog {
  const times: number[] = [];
  const between = (from: number, to: number): number => times.filter((at) => at >= from && at < to).length;
  const startOf = (now: number): number => Math.floor(now / periodMs) * periodMs;
  return {
    add: (at) => void times.push(at),
    within: (now, ms) => times.filter((at) => at > now - ms && at <= now).length,
    inBucket: (now) => between(startOf(now), startOf(now) + periodMs),
    bound: (now, limit) => {
      const start = startOf(now);
      return limit + (between(start - periodMs, start) * (now - start)) / periodMs;
    },
  };
}
