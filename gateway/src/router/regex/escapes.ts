/** Backslash escapes, alike inside and outside of brackets. */
import { type Assertion, RegexError } from './ast.js';
import { codeSource } from './char-class.js';
import type { Cursor } from './cursor.js';

export type Escape =
  | { readonly kind: 'char'; readonly code: number }
  | { readonly kind: 'class'; readonly source: string }
  | { readonly kind: 'assert'; readonly test: Assertion };

const controls: Record<string, number> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };
const hexLength: Record<string, number> = { x: 2, u: 4, U: 8 };
const assertions: Record<string, Assertion> = { A: 'text-start', z: 'text-end', B: 'not-word', '<': 'word-start', '>': 'word-end' };
const boundaries: Record<string, Assertion> = {
  start: 'word-start',
  end: 'word-end',
  'start-half': 'word-start-half',
  'end-half': 'word-end-half',
};

const unicodeClasses: Record<string, string> = {
  d: '\\p{Nd}',
  s: '\\p{White_Space}',
  w: '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]',
};
const asciiClasses: Record<string, string> = { d: '[0-9]', s: '[\\t\\n\\v\\f\\r ]', w: '[0-9A-Za-z_]' };

/** Word characters, for boundaries: of all scripts, or ASCII only. */
export function wordClass(unicode: boolean): string {
  return (unicode ? unicodeClasses : asciiClasses)['w']!;
}

/** Reads what follows a backslash. @throws RegexError */
export function parseEscape(cursor: Cursor, unicode: boolean): Escape {
  const c = cursor.take();
  if (c >= '0' && c <= '9') throw new RegexError(`backreferences are not supported: \\${c}`);
  if (hexLength[c]) return { kind: 'char', code: parseHex(cursor, hexLength[c]) };
  if (c === 'p' || c === 'P') return { kind: 'class', source: parseProperty(cursor, c === 'P', unicode) };
  if (/^[dswDSW]$/.test(c)) return { kind: 'class', source: perlClass(c, unicode) };
  if (/^[^0-9A-Za-z<>\x80-\u{10ffff}]$/u.test(c)) return { kind: 'char', code: c.codePointAt(0)! };
  if (controls[c]) return { kind: 'char', code: controls[c] };
  if (assertions[c]) return { kind: 'assert', test: assertions[c] };
  if (c === 'b') return { kind: 'assert', test: parseBoundary(cursor) };
  throw new RegexError(`unknown escape \\${c}`);
}

function perlClass(letter: string, unicode: boolean): string {
  const lower = letter.toLowerCase();
  if (letter === lower) return (unicode ? unicodeClasses : asciiClasses)[lower]!;
  if (!unicode) throw new RegexError(`\\${letter} without Unicode could match half a character`);
  return `[^${unicodeClasses[lower]}]`;
}

function parseHex(cursor: Cursor, length: number): number {
  let digits = '';
  if (cursor.eat('{')) digits = cursor.takeUntil('}', 'the hexadecimal escape').replace(/\s/g, '');
  else for (let i = 0; i < length; i++) digits += cursor.take();
  if (!/^[0-9a-fA-F]{1,8}$/.test(digits)) throw new RegexError(`"${digits}" is not a hexadecimal number`);
  const code = Number.parseInt(digits, 16);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new RegexError(`"${digits}" is not a Unicode character`);
  return code;
}

/** `\b`, or `\b{start}` and its kin; braces with anything else in them are a repetition. */
function parseBoundary(cursor: Cursor): Assertion {
  const mark = cursor.mark();
  if (!cursor.eat('{')) return 'word';
  if (!/^[-A-Za-z]$/.test(cursor.peek())) {
    cursor.reset(mark);
    return 'word';
  }
  const name = cursor.takeUntil('}', 'the word boundary');
  const test = boundaries[name];
  if (!test) throw new RegexError(`unknown word boundary \\b{${name}}`);
  return test;
}

/** `\p{…}`: names are taken in JavaScript's spelling, and as all lower or all upper case. */
function parseProperty(cursor: Cursor, negated: boolean, unicode: boolean): string {
  if (!unicode) throw new RegexError('\\p needs Unicode, which (?-u) turns off');
  const text = cursor.eat('{') ? cursor.takeUntil('}', 'the Unicode class') : cursor.take();
  const [, given = '', operator = '', value = ''] = /^([^!:=]*)(!=|[:=])?(.*)$/su.exec(text)!;
  const source = operator === '' ? bareProperty(given) : namedProperty(given, value);
  if (source === null) throw new RegexError(`unknown Unicode class \\p{${text}}`);
  return negated !== (operator === '!=') ? `[^${source}]` : source;
}

function bareProperty(name: string): string | null {
  return firstKnown(spellings(name).flatMap((n) => [`\\p{${n}}`, `\\p{Script=${n}}`]));
}

const propertyNames: Record<string, string> = {
  gc: 'General_Category',
  generalcategory: 'General_Category',
  sc: 'Script',
  script: 'Script',
  scx: 'Script_Extensions',
  scriptextensions: 'Script_Extensions',
};

function namedProperty(name: string, value: string): string | null {
  const property = propertyNames[name.toLowerCase().replace(/[\s_-]/g, '')];
  return property ? firstKnown(spellings(value).map((v) => `\\p{${property}=${v}}`)) : null;
}

function spellings(name: string): string[] {
  const title = name.toLowerCase().replace(/(^|[\s_-])([a-z])/g, (_, gap: string, first: string) => (gap ? '_' : '') + first.toUpperCase());
  return [name, title, name.toUpperCase()].filter((n) => /^\w+$/.test(n));
}

function firstKnown(sources: readonly string[]): string | null {
  return sources.find(isKnown) ?? null;
}

function isKnown(source: string): boolean {
  try {
    new RegExp(source, 'v');
    return true;
  } catch {
    return false;
  }
}

/** A range of characters in JavaScript's syntax. @throws RegexError when it runs backwards */
export function rangeSource(from: number, to: number): string {
  if (from > to) throw new RegexError(`the range ${String.fromCodePoint(from)}-${String.fromCodePoint(to)} runs backwards`);
  return `${codeSource(from)}-${codeSource(to)}`;
}
