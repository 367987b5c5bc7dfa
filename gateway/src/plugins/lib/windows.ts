/** The calendar windows of the rate-limiting plugins: they begin with the period, in UTC. */

export const PERIODS = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;
export type Period = (typeof PERIODS)[number];

/** Seconds after which a counter of the period is dropped; a month has 30 days here, a year 365. */
export const PERIOD_SECONDS: Readonly<Record<Period, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  month: 2_592_000,
  year: 31_536_000,
};

/** Unix ms at which the window that holds `now` (Unix ms) began. */
export function windowStart(period: Period, now: number): number {
  if (period === 'month' || period === 'year') {
    const date = new Date(now);
    return Date.UTC(date.getUTCFullYear(), period === 'month' ? date.getUTCMonth() : 0);
  }
  const length = PERIOD_SECONDS[period] * 1000;
  return Math.floor(now / length) * length;
}

/** Seconds until the window ends, at least 1. */
export function secondsLeft(period: Period, now: number): number {
  return Math.max(1, PERIOD_SECONDS[period] - Math.floor((now - windowStart(period, now)) / 1000));
}
