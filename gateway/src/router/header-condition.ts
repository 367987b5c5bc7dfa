/** Header conditions of routes (Kong: router/transform.lua get_expression, router/fields.lua). */
import type { HeaderList } from '../headers.js';
import { fromBytes, isAscii } from './bytes.js';
import type { CharClasses } from './regex/char-class.js';
import { RouteRegex } from './regex/route-regex.js';

/** Kong reads this many header lines of a request and no more. */
const READ_LIMIT = 100;

/** One header of a route: any of its lines must have any of the values. */
export interface HeaderCondition {
  /** Lower-case, dashes as underscores: Kong looks a header up by this name first. */
  readonly underscored: string;
  /** Lower-case, underscores as dashes: looked up when there is none of the first name. */
  readonly dashed: string;
  /** Lower-case, Unicode. */
  readonly values: ReadonlySet<string>;
  /** From values that start with `~*`; they see the lower-case value, and find anywhere in it. */
  readonly patterns: readonly RouteRegex[];
}

/** @throws RegexError for a `~*` value that is no regular expression */
export function compileHeaderValue(value: string, classes: CharClasses): string | RouteRegex {
  // Kong lowers ASCII letters, in patterns too: `\D` turns into `\d`.
  const lower = value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return value.startsWith('~*') ? new RouteRegex(lower.slice(2), classes) : lower;
}

export function makeHeaderCondition(name: string, compiled: readonly (string | RouteRegex)[]): HeaderCondition {
  const underscored = name.toLowerCase().replaceAll('-', '_');
  return {
    underscored,
    dashed: underscored.replaceAll('_', '-'),
    values: new Set(compiled.filter((value) => typeof value === 'string')),
    patterns: compiled.filter((value) => typeof value !== 'string'),
  };
}

export function headerMatches(condition: HeaderCondition, headers: HeaderList): boolean {
  const key = keyOf(condition, headers);
  for (let i = nextLine(headers, key, 0); i >= 0; i = nextLine(headers, key, i + 1)) {
    if (valueMatches(condition, headers.values[i]!)) return true;
  }
  return false;
}

/** Whether all lines that the condition looks at are UTF-8. */
export function isReadable(condition: HeaderCondition, headers: HeaderList): boolean {
  const key = keyOf(condition, headers);
  for (let i = nextLine(headers, key, 0); i >= 0; i = nextLine(headers, key, i + 1)) {
    if (fromBytes(headers.values[i]!) === null) return false;
  }
  return true;
}

function keyOf({ underscored, dashed }: HeaderCondition, headers: HeaderList): string {
  return underscored === dashed || nextLine(headers, underscored, 0) < 0 ? dashed : underscored;
}

/** The next line of this name, among those that Kong reads; -1 when there is none. */
function nextLine({ keys }: HeaderList, key: string, from: number): number {
  const i = keys.indexOf(key, from);
  return i < READ_LIMIT ? i : -1;
}

function valueMatches(condition: HeaderCondition, value: string): boolean {
  const ascii = isAscii(value);
  const lower = (ascii ? value : fromBytes(value))?.toLowerCase();
  if (lower === undefined) return false;
  return condition.values.has(lower) || condition.patterns.some((pattern) => pattern.execute(lower, ascii) !== null);
}
