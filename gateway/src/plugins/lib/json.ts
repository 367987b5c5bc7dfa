/** JSON as Kong's lua-cjson reads and writes it, as far as a reader can tell. */

/** cjson's bound on nesting, both ways. */
const DEPTH_MAX = 1000;
const ESCAPED_BY_CJSON = /[/\x7f]/g;

/** cjson writes numbers with 14 significant digits; longer ones change on their way through Kong. */
export function rounded(value: number): number {
  return Number.isSafeInteger(value) && Math.abs(value) < 1e14 ? value : Number(value.toPrecision(14));
}

/** Rounds the numbers below `value` in place. False when it is nested too deeply. */
function settle(value: object, depth: number): boolean {
  if (depth > DEPTH_MAX) return false;
  const record = value as Record<string, unknown>;
  for (const key of Object.keys(record)) {
    const inner = record[key];
    if (typeof inner === 'number') {
      const next = rounded(inner);
      if (next !== inner) record[key] = next;
    } else if (typeof inner === 'object' && inner !== null && !settle(inner, depth + 1)) return false;
  }
  return true;
}

/** What a body says, wrapped because null is a value too; null when it is no JSON (RFC 8259), no UTF-8, or nested over 1000 deep. */
export function decodeJson(body: Buffer): { value: unknown } | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
    if (typeof value === 'number') return { value: rounded(value) };
    if (typeof value === 'object' && value !== null && !settle(value, 1)) return null;
    return { value };
  } catch {
    return null;
  }
}

/** As cjson escapes: `/` and DEL too. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value).replace(ESCAPED_BY_CJSON, (char) => (char === '/' ? '\\/' : '\\u007f'));
}

/** An object of these members. Not through an object of JavaScript: `__proto__` is a name like any other. */
export function encodeMembers(members: ReadonlyMap<string, unknown>): string {
  return `{${[...members].map(([name, value]) => `${encodeJson(name)}:${encodeJson(value)}`).join(',')}}`;
}
