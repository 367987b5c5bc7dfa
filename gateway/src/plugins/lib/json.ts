/**
 * JSON as Kong's lua-cjson reads and writes it, as far as a reader can tell. Like cjson it knows bytes, not characters: the
 * strings of a decoded body are bytes, whatever their encoding, and come out as they went in.
 */

/** cjson's bound on nesting, both ways. */
const DEPTH_MAX = 1000;
const DELETE = /\x7f/g;
const ESCAPES = /\\(?:u([0-9A-Fa-f]{4})(?:\\u([Dd][C-Fc-f][0-9A-Fa-f]{2}))?|[\s\S])/g;

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

const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const isHigh = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
const isSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdfff;

/** One `\u` escape, or a pair of them, as bytes. Throws for half a pair, as cjson refuses it. */
function unescaped(found: string, first: string | undefined, second: string | undefined): string {
  if (first === undefined) return found;
  const code = Number.parseInt(first, 16);
  if (second !== undefined && isHigh(code)) return utf8(String.fromCharCode(code, Number.parseInt(second, 16)));
  if (isSurrogate(code) || second !== undefined) throw new SyntaxError('half a surrogate pair');
  return code < 0x80 ? found : utf8(String.fromCharCode(code));
}

/** What a body says, wrapped because null is a value too; null when it is no JSON or nested over 1000 deep. */
export function decodeJson(body: Buffer): { value: unknown } | null {
  const text = body.toString('latin1');
  try {
    const value: unknown = JSON.parse(text.includes('\\u') ? text.replace(ESCAPES, unescaped) : text);
    if (typeof value === 'number') return { value: rounded(value) };
    if (typeof value === 'object' && value !== null && !settle(value, 1)) return null;
    return { value };
  } catch {
    return null;
  }
}

/** JSON of a value: bytes from bytes, text from text. */
export function encodeJson(value: unknown): string {
  return JSON.stringify(value).replace(DELETE, '\\u007f');
}

/** An object of these members. Not through an object of JavaScript: `__proto__` is a name like any other. */
export function encodeMembers(members: ReadonlyMap<string, unknown>): string {
  return `{${[...members].map(([name, value]) => `${encodeJson(name)}:${encodeJson(value)}`).join(',')}}`;
}
