/** The middle value, or the mean of the two in the middle. NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[half]!;
  return (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Rounded to so many decimals, as a number: keeps the saved files readable. */
export function round(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}

/**
 * The order in which contestants run in a round: rotated by one each round, and backwards every second round, so that nobody always
 * runs first, or always behind the same neighbour.
 */
export function orderOf<T>(items: readonly T[], roundNumber: number): T[] {
  const shift = items.length === 0 ? 0 : roundNumber % items.length;
  const rotated = [...items.slice(shift), ...items.slice(0, shift)];
  return roundNumber % 2 === 1 ? rotated.reverse() : rotated;
}
