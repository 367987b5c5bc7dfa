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
 * The order in which contestants run in a round: forwards and backwards in turn, each time beginning one further, so that nobody always
 * runs behind the same neighbour, and everybody is first once in as many rounds as there are contestants.
 */
export function orderOf<T>(items: readonly T[], roundNumber: number): T[] {
  const turned = roundNumber % 2 === 1 ? [...items].reverse() : [...items];
  const shift = items.length === 0 ? 0 : (roundNumber >> 1) % items.length;
  return [...turned.slice(shift), ...turned.slice(0, shift)];
}
