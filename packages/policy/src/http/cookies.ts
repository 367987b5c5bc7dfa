/** Cookies of a request (RFC 6265 section 5.4). */

/** All values of a cookie in the header's lines; two of one name are a reason to refuse both. Quotes around a value are dropped. */
export function cookieValues(lines: readonly string[], name: string): string[] {
  const values: string[] = [];
  for (const line of lines) {
    for (const pair of line.split(';')) {
      const equals = pair.indexOf('=');
      if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
      const value = pair.slice(equals + 1).trim();
      values.push(value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value);
    }
  }
  return values;
}

/**
 * What is left of a request's cookies without some of them.
 * @param drops whether a cookie of this name goes
 * @returns one header line, empty when none is left; undefined when none goes
 */
export function withoutCookies(lines: readonly string[], drops: (name: string) => boolean): string | undefined {
  const pairs = lines.flatMap((line) => line.split(';'));
  const kept = pairs.filter((pair) => !drops(pair.split('=', 1)[0]!.trim()));
  if (kept.length === pairs.length) return undefined;
  return kept
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '')
    .join('; ');
}
