/** How many characters to change, add, drop or swap with their neighbour turn one text into the other; at most `limit + 1`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? limit) + 1 : change;
      next[j] = Math.min(change, swapped, (row[j] as number) + 1, (next[j - 1] as number) + 1);
    }
    before = row;
    row = next;
  }
  return row[b.length] as number;
}

const MAX_LENGTH = 64;
/** Looking through more names than this takes longer than the hint is worth. */
const MAX_NAMES = 1000;

/** The name nearest to what was written, if one is near enough to have been meant. */
export function closest(written: string, names: Iterable<string>): string | undefined {
  if (written.length > MAX_LENGTH) return undefined;
  const limit = Math.min(3, Math.max(1, Math.floor(written.length / 3)));
  let best: string | undefined;
  let bestDistance = limit + 1;
  let looked = 0;
  for (const name of names) {
    looked += 1;
    if (looked > MAX_NAMES) break;
    const d = distance(written.toLowerCase(), name.toLowerCase(), limit);
    if (d >= bestDistance) continue;
    best = name;
    bestDistance = d;
  }
  return best;
}
