import { median, round } from '../stats.js';
import type { Bar, BarResult, Result } from '../types.js';

function withinRounds(subject: Result, over: Result, compare: (subject: number, over: number) => number): number {
  const compared = subject.rounds.flatMap((each, index) => {
    const other = over.rounds[index];
    return other && other.cpuMicros > 0 ? [compare(each.cpuMicros, other.cpuMicros)] : [];
  });
  return median(compared);
}

/**
 * CPU time per request of one over that of another: the median of the ratios within each round, because the machine's own speed changes
 * from minute to minute. NaN when there is no common round.
 */
export function relation(subject: Result, over: Result): number {
  return withinRounds(subject, over, (one, other) => one / other);
}

/** Microseconds of CPU time per request that one takes more than another: the median of the differences within each round, or NaN. */
export function addition(subject: Result, over: Result): number {
  return withinRounds(subject, over, (one, other) => one - other);
}

/** Milliseconds that one takes longer to start, or NaN. */
export function delay(subject: Result, over: Result): number {
  return (subject.startMs ?? Number.NaN) - (over.startMs ?? Number.NaN);
}

const COMPARISONS = { '×': relation, µs: addition, ms: delay } as const;

/** Judges the bars by their unit's comparison. One that cannot be judged is not met. */
export function judge(bars: readonly Bar[], results: readonly Result[]): BarResult[] {
  const named = (name: string): Result | undefined => results.find((each) => each.name === name);
  return bars.map((bar) => {
    const subject = named(bar.subject);
    const over = named(bar.over);
    const compare = COMPARISONS[bar.unit];
    const value = subject && over ? round(compare(subject, over), 3) : Number.NaN;
    return Number.isNaN(value) ? { ...bar, value: null, met: false } : { ...bar, value, met: value <= bar.atMost };
  });
}

/** `0.52 × of caddy (at most 0.8 ×)`, `43.1 µs more than … (at most 120 µs)`. */
export function describeBar(bar: BarResult, titleOf: (name: string) => string): string {
  const limit = `${bar.kind === 'aim' ? 'the aim is' : 'at most'} ${bar.atMost} ${bar.unit}`;
  const join = { '×': 'of', µs: 'more than', ms: 'longer to start than' }[bar.unit];
  const digits = { '×': 2, µs: 1, ms: 0 }[bar.unit];
  const value = bar.value === null ? 'not measured' : `${bar.value.toFixed(digits)} ${bar.unit}`;
  return `${titleOf(bar.subject)}: ${value} ${join} ${titleOf(bar.over)} (${limit})`;
}
