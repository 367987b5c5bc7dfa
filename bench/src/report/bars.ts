import { round } from '../stats.js';
import type { Bar, BarResult, Result } from '../types.js';

/** Judges the bars by the medians of CPU time per request. One that cannot be judged is not met. */
export function judge(bars: readonly Bar[], results: readonly Result[]): BarResult[] {
  const cpu = (name: string): number | undefined => results.find((each) => each.name === name)?.median.cpuMicros;
  return bars.map((bar) => {
    const subject = cpu(bar.subject);
    const over = cpu(bar.over);
    if (subject === undefined || over === undefined || over === 0) return { ...bar, ratio: null, met: false };
    const ratio = round(subject / over, 3);
    return { ...bar, ratio, met: ratio <= bar.atMost };
  });
}

/** `0.52 × of caddy, at most 0.8 ×`. */
export function describeBar(bar: BarResult, titleOf: (name: string) => string): string {
  const limit = `${bar.kind === 'aim' ? 'the aim is' : 'at most'} ${bar.atMost} ×`;
  const ratio = bar.ratio === null ? 'not measured' : `${bar.ratio.toFixed(2)} ×`;
  return `${titleOf(bar.subject)}: ${ratio} of ${titleOf(bar.over)} (${limit})`;
}
