/** Lua's string library, as methods of strings in templates. */
import { formatString } from './format.js';
import { PatternMatcher } from './pattern.js';
import { bounded, LuaError, type LuaFunction, LuaTable, STRING_MAX, toNumber, toText, truthy, typeName, type Value } from './values.js';

/** Argument `i` as a string. @throws LuaError */
function text(args: readonly Value[], i: number): string {
  const value = args[i];
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return toText(value);
  throw new LuaError(`bad argument #${i + 1} (string expected, got ${typeName(value)})`);
}

function integer(args: readonly Value[], i: number, fallback?: number): number {
  const value = args[i];
  if (value === undefined && fallback !== undefined) return fallback;
  return Math.trunc(toNumber(value, 'use as a number'));
}

/** A Lua position (from 1, or from the end when negative) as an offset from 0; not yet clamped. */
const offset = (position: number, length: number): number => (position < 0 ? Math.max(0, length + position) : position - 1);

const slice: LuaFunction = (args) => {
  const subject = text(args, 0);
  const last = integer(args, 2, -1);
  const end = last < 0 ? subject.length + last + 1 : last;
  return [subject.slice(Math.max(0, offset(integer(args, 1), subject.length)), Math.max(0, end))];
};

const repeat: LuaFunction = (args) => {
  const subject = text(args, 0);
  const count = Math.max(0, integer(args, 1));
  if (subject.length * count > STRING_MAX) throw new LuaError('string too long');
  return [subject.repeat(count)];
};

const bytesOf: LuaFunction = (args) => {
  const subject = text(args, 0);
  const first = integer(args, 1, 1);
  const last = integer(args, 2, first);
  const end = last < 0 ? subject.length + last + 1 : last;
  return [...subject.slice(Math.max(0, offset(first, subject.length)), Math.max(0, end))].map((char) => char.charCodeAt(0));
};

const fromBytes: LuaFunction = (args) => [
  args
    .map((_, i) => {
      const code = integer(args, i);
      if (code < 0 || code > 255) throw new LuaError('invalid value');
      return String.fromCharCode(code);
    })
    .join(''),
];

interface Found {
  readonly matcher: PatternMatcher;
  readonly start: number;
  readonly end: number;
}

/** The first match from `init` on. */
function search(subject: string, pattern: string, init: number): Found | null {
  const anchored = pattern.startsWith('^');
  const matcher = new PatternMatcher(subject, pattern);
  for (let start = init; start <= subject.length; start++) {
    const end = matcher.matchAt(start, anchored ? 1 : 0);
    if (end >= 0) return { matcher, start, end };
    if (anchored) break;
  }
  return null;
}

const find: LuaFunction = (args) => {
  const subject = text(args, 0);
  const pattern = text(args, 1);
  const init = Math.max(0, offset(integer(args, 2, 1), subject.length));
  if (init > subject.length) return [undefined];
  if (truthy(args[3])) {
    const at = subject.indexOf(pattern, init);
    return at < 0 ? [undefined] : [at + 1, at + pattern.length];
  }
  const found = search(subject, pattern, init);
  if (!found) return [undefined];
  const captures = found.matcher.captureCount > 0 ? found.matcher.captures(found.start, found.end) : [];
  return [found.start + 1, found.end, ...captures];
};

const match: LuaFunction = (args) => {
  const subject = text(args, 0);
  const init = Math.max(0, offset(integer(args, 2, 1), subject.length));
  const found = init > subject.length ? null : search(subject, text(args, 1), init);
  return found ? found.matcher.captures(found.start, found.end) : [undefined];
};

const gmatch: LuaFunction = (args) => {
  const subject = text(args, 0);
  const pattern = text(args, 1);
  let at = 0;
  return [
    () => {
      const found = at > subject.length ? null : search(subject, pattern, at);
      if (!found) return [undefined];
      at = found.end === found.start ? found.end + 1 : found.end;
      return found.matcher.captures(found.start, found.end);
    },
  ];
};

type Replace = (matcher: PatternMatcher, start: number, end: number) => Value;

function expand(template: string, subject: string): Replace {
  return (matcher, start, end) =>
    template.replace(/%([\s\S]?)/g, (_, char: string) => {
      if (char === '0') return subject.slice(start, end);
      if (char < '1' || char > '9') return char;
      const captures = matcher.captures(start, end);
      const value = captures[Number(char) - 1];
      if (value === undefined) throw new LuaError('invalid capture index');
      return toText(value);
    });
}

function replacer(value: Value, subject: string): Replace {
  if (typeof value === 'string' || typeof value === 'number') return expand(toText(value), subject);
  if (value instanceof LuaTable) return (matcher, start, end) => value.get(matcher.captures(start, end)[0]);
  if (typeof value === 'function') return (matcher, start, end) => value(matcher.captures(start, end))[0];
  throw new LuaError('bad argument #3 (string/function/table expected)');
}

const gsub: LuaFunction = (args) => {
  const subject = text(args, 0);
  const pattern = text(args, 1);
  const replace = replacer(args[2], subject);
  const most = integer(args, 3, subject.length + 1);
  const anchored = pattern.startsWith('^');
  const matcher = new PatternMatcher(subject, pattern);
  let out = '';
  let count = 0;
  let at = 0;
  while (count < most) {
    const end = matcher.matchAt(at, anchored ? 1 : 0);
    if (end >= 0) {
      count++;
      const value = replace(matcher, at, end);
      out = bounded(out + (truthy(value) ? text([value], 0) : subject.slice(at, end)));
    }
    if (end > at) at = end;
    else if (at < subject.length) out += subject[at++];
    else break;
    if (anchored) break;
  }
  return [out + subject.slice(at), count];
};

const simple =
  (change: (subject: string) => Value): LuaFunction =>
  (args) => [change(text(args, 0))];

/** ASCII only, as in the C locale. */
const lowerCase = (subject: string): string => subject.replace(/[A-Z]+/g, (run) => run.toLowerCase());
const upperCase = (subject: string): string => subject.replace(/[a-z]+/g, (run) => run.toUpperCase());

/** What `("…").name` gives. */
export const stringLibrary: LuaTable = new LuaTable(
  new Map<Value, Value>([
    ['byte', bytesOf],
    ['char', fromBytes],
    ['find', find],
    ['format', (args) => [formatString(text(args, 0), args)]],
    ['gmatch', gmatch],
    ['gsub', gsub],
    ['len', simple((subject) => subject.length)],
    ['lower', simple(lowerCase)],
    ['match', match],
    ['rep', repeat],
    ['reverse', simple((subject) => [...subject].reverse().join(''))],
    ['sub', slice],
    ['upper', simple(upperCase)],
  ]),
);
