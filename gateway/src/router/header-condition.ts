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
  const { keys, values } = headers;
  const count = Math.min(keys.length, READ_LIMIT);
  const key = indexBelow(keys, condition.underscored, count) < 0 ? condition.dashed : condition.underscored;
  for (let i = indexBelow(keys, key, count); i >= 0 && i < count; i = keys.indexOf(key, i + 1)) {
    if (valueMatches(condition, values[i]!)) return true;
  }
  return false;
}

function indexBelow(keys: readonly string[], key: string, count: number): number {
  const i = keys.indexOf(key);
  return i < count ? i : -1;
}

function valueMatches(condition: HeaderCondition, value: string): boolean {
  const ascii = isAscii(value);
  const lower = (ascii ? value : fromBytes(value))?.toLowerCase();
  if (lower === undefined) return false;
  return condition.values.has(lower) || condition.patterns.some((pattern) => pattern.execute(lower, ascii) !== null);
}
