/** Lines shown around the first difference. */
const linesAround = 3;

/** Shows where two texts first differ, as lines for people; undefined when they are equal. */
export function firstDifference(expected: string, actual: string): string | undefined {
  if (expected === actual) return undefined;
  const [want, have] = [expected.split('\n'), actual.split('\n')];
  const at = want.findIndex((line, index) => line !== have[index]);
  const line = at < 0 ? want.length : at;
  const show = (lines: string[], mark: string) => lines.slice(line, line + linesAround).map((text) => `${mark} ${text}`);
  const before = want.slice(Math.max(0, line - linesAround), line).map((text) => `  ${text}`);
  return [`line ${line + 1}:`, ...before, ...show(have, '-'), ...show(want, '+')].join('\n');
}
