import { median, round } from '../stats.js';
import type { Bar, BarResult, Result } from '../types.js';

/**
 * CPU time per request of one over that of another: the median of the ratios within each round, because the machine's own speed changes
 * from minute to minute. NaN when there is no common round.
 */
export function relation(subject: Result, over: Result): number {
  const ratios = subject.rounds.flatMap((each, index) => {
    const other = over.rounds[index];
    return other && other.cpuMicros > 0 ? [each.cpuMicros / other.cpuMicros] : [];
  });
  return median(ratios);
}

/** Judges the bars by `relation`. One that cannot be judged is not met. */
export function judge(bars: readonly Bar[], results: readonly Result[]): BarResult[] {
  const named = (name: string): Result | undefined => results.find((each) => each.name === name);
  return bars.map((bar) => {
    const subject = named(bar.subject);
    const over = named(bar.over);
    const ratio = subject && over ? round(relation(subject, over), 3) : Number.NaN;
    return Number.isNaN(ratio) ? { ...bar, ratio: null, met: false } : { ...bar, ratio, met: ratio <= bar.atMost };
  });
}

/** `0.52 × of caddy, at most 0.8 ×`. */
export function describeBar(bar: BarResult, titleOf: (name: string) => string): string {
  const limit = `${bar.kind === 'aim' ? 'the aim is' : 'at most'} ${bar.atMost} ×`;
  const ratio = bar.ratio === null ? 'not measured' : `${bar.ratio.toFixed(2)} ×`;
  return `${titleOf(bar.subject)}: ${ratio} of ${titleOf(bar.over)} (${limit})`;
}
