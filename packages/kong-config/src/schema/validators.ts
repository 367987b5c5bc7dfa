import { MESSAGES, quotedList } from './messages.js';
import { regexFault } from './regex.js';
import type { Field, Rules, Scalar, Verdict } from './types.js';

/** One rule, made ready: what is wrong with the value, or null. */
export type Rule = (value: unknown) => Verdict;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether the text is a UUID of any version. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

type Maker<K extends keyof Rules> = (argument: NonNullable<Rules[K]>, field: Field) => Rule;
type Makers = { [K in keyof Rules]?: Maker<K> };

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : String(value);
}

function oneOf(options: readonly Scalar[]): Rule {
  const allowed = new Set<unknown>(options);
  const message = `expected one of: ${options.join(', ')}`;
  return (value) => (allowed.has(value) ? null : message);
}

function notOneOf(options: readonly Scalar[]): Rule {
  const refused = new Set<unknown>(options);
  return (value) => (refused.has(value) ? `must not be one of: ${options.join(', ')}` : null);
}

function exclusiveSubsets(subsets: readonly (readonly string[])[]): Rule {
  return (value) => {
    const met: (readonly string[])[] = [];
    for (const item of value as string[]) {
      const subset = subsets.find((names) => names.includes(item));
      if (subset !== undefined && !met.includes(subset)) met.push(subset);
    }
    return met.length <= 1 ? null : `these sets are mutually exclusive: ${quotedList(met)}`;
  };
}

/** In the order in which Kong tries them. */
const MAKERS: Makers = {
  ne: (refused) => (value) => (value === refused ? `value must not be ${value}` : null),
  not_one_of: notOneOf,
  one_of: oneOf,
  gt: (limit) => (value) => ((value as number) > limit ? null : `value must be greater than ${limit}`),
  timestamp: () => (value) => ((value as number) > 0 ? null : MESSAGES.timestamp),
  uuid: () => (value) => (isUuid(value as string) ? null : MESSAGES.uuid),
  is_regex: () => (value) => (regexFault(value as string) === null ? null : `not a valid regex: ${value}`),
  between: ([low, high]) => {
    const message = `value should be between ${low} and ${high}`;
    return (value) => ((value as number) < low || (value as number) > high ? message : null);
  },
  len_eq: (n) => (value) => (lengthOf(value) === n ? null : `length must be ${n}`),
  len_min: (n) => (value) => (lengthOf(value) >= n ? null : `length must be at least ${n}`),
  len_max: (n) => (value) => (lengthOf(value) <= n ? null : `length must be at most ${n}`),
  starts_with: (start) => (value) => ((value as string).startsWith(start) ? null : `should start with: ${start}`),
  not_match: (pattern) => (value) => (pattern.test(value as string) ? `invalid value: ${text(value)}` : null),
  match_none: (list) => (value) => list.find(({ pattern }) => pattern.test(value as string))?.err ?? null,
  match: (pattern) => (value) => (pattern.test(value as string) ? null : `invalid value: ${text(value)}`),
  match_all: (list) => (value) => list.find(({ pattern }) => !pattern.test(value as string))?.err ?? null,
  match_any:
    ({ patterns, err }) =>
    (value) =>
      patterns.some((pattern) => pattern.test(value as string)) ? null : err,
  contains: (wanted) => (value) => ((value as unknown[]).includes(wanted) ? null : `expected to contain: ${wanted}`),
  custom_validator: (check) => check as Rule,
  mutually_exclusive_subsets: exclusiveSubsets,
};
const ORDER = Object.keys(MAKERS) as (keyof Rules)[];

/** A string may be empty only where the field says so. */
function rulesOf(field: Field): Rules {
  return field.type === 'string' && field.len_min === undefined ? { ...field, len_min: 1 } : field;
}

function makeRule<K extends keyof Rules>(key: K, rules: Rules, field: Field): Rule | null {
  const argument = rules[key];
  const maker = MAKERS[key] as Maker<K> | undefined;
  return argument === undefined || argument === null || maker === undefined ? null : maker(argument as NonNullable<Rules[K]>, field);
}

function equalTo(field: Field): Rule[] {
  const wanted = field.eq;
  if (wanted === undefined || wanted === null) return [];
  return [(value) => (value === wanted ? null : `value must be ${wanted}`)];
}

/** The rules of a field for values of the right type, in the order in which they are tried. */
export function makeRules(field: Field): Rule[] {
  const rules = rulesOf(field);
  return [...equalTo(field), ...ORDER.flatMap((key) => makeRule(key, rules, field) ?? [])];
}
