/**
 * What an unquoted YAML scalar means to Kong's loader (lyaml): YAML 1.1 without timestamps and without `y` and `n`.
 * https://yaml.org/type/
 */

const WORDS = new Map<string, unknown>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
]);

function digits(text: string, base: number): number {
  const bare = text.replaceAll('_', '');
  if (base === 10) return Number(bare);
  let value = 0;
  for (const digit of bare) value = value * base + Number.parseInt(digit, 36);
  return value;
}

function sexagesimal(text: string): number {
  return text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** Tried in this order; the groups are the sign and the digits. */
const NUMBERS: readonly [RegExp, (body: string) => number][] = [
  [/^([+-]?)0_*([0-7][0-7_]*)$/, (body) => digits(body, 8)],
  [/^([+-]?)_*(0|[1-9][0-9_]*|0_+|[0-9]_*[0-9][0-9_]*)$/, (body) => digits(body, 10)],
  [/^([+-]?)((?:\d[\d_]*\.?[\d_]*|\.[\d_]*\d[\d_]*)(?:[eE][+-]?\d+)?)$/, (body) => Number(body.replaceAll('_', ''))],
  [/^([+-]?)0x_*([0-9a-fA-F][0-9a-fA-F_]*)$/, (body) => digits(body, 16)],
  [/^([+-]?)0b_*([01][01_]+)$/, (body) => digits(body, 2)],
  [/^([+-]?)(\d+:[0-5]?\d[:\d]*(?:\.\d+)?)$/, sexagesimal],
];

function parseNumber(text: string): number | undefined {
  for (const [pattern, convert] of NUMBERS) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const value = convert(match[2] as string);
    return match[1] === '-' ? -value : value;
  }
  return undefined;
}

/** The value of a plain scalar: null, a boolean, a number or the text itself. */
export function plainScalar(text: string): unknown {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  // Only a digit, a sign or a dot can begin a number (an underscore may lead a decimal one, too).
  if (first > 0x39 && first !== 0x5f) return text;
  return parseNumber(text) ?? text;
}

/** The value of a scalar with one of YAML's own tags, or undefined when it isn't one of that kind. */
export function taggedScalar(tag: string, text: string): unknown {
  const plain = plainScalar(text);
  switch (tag) {
    case 'str':
      return text;
    case 'int':
      return Number.isInteger(plain) ? plain : undefined;
    case 'float':
      return typeof plain === 'number' ? plain : undefined;
    case 'bool':
      return typeof plain === 'boolean' ? plain : undefined;
    case 'null':
      return plain === null ? null : undefined;
    default:
      return plain;
  }
}
