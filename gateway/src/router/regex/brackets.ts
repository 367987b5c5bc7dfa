/** Bracketed classes with Rust's nesting and set operations, as JavaScript classes in `v` mode. */
import { RegexError } from './ast.js';
import { ASCII_END, codeSource } from './char-class.js';
import type { Cursor } from './cursor.js';
import { parseEscape, rangeSource } from './escapes.js';

/** Brackets and groups may be nested this deep, as in Rust. */
export const NEST_LIMIT = 250;

const halfCharacter = 'a class without Unicode could match half a character';

const posix: Record<string, string> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: 'a-z',
  print: '\\x20-\\x7e',
  punct: '\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e',
  space: '\\t\\n\\v\\f\\r\\x20',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** What joins the class before an operator with the one after it. */
const joins: Record<string, (left: string, right: string) => string> = {
  '&&': (left, right) => `[${left}&&${right}]`,
  '--': (left, right) => `[${left}--${right}]`,
  '~~': (left, right) => `[[${left}--${right}][${right}--${left}]]`,
};

/**
 * Reads a bracketed class whose `[` was taken.
 * @param unicode whether `\d` and the like take in all scripts
 * @throws RegexError
 */
export function parseBrackets(cursor: Cursor, unicode: boolean, depth = 0): string {
  if (depth > NEST_LIMIT) throw new RegexError('brackets are nested too deep');
  cursor.skipSpace();
  const negated = cursor.eat('^');
  if (negated && !unicode) throw new RegexError(halfCharacter);
  let left: string | null = null;
  let join = '';
  let union = leadingLiterals(cursor);
  for (;;) {
    cursor.skipSpace();
    if (cursor.atEnd) throw new RegexError('a bracket is not closed: ] is missing');
    const operator = cursor.eat(']') ? ']' : operatorAt(cursor);
    if (operator === null) {
      union += parseItem(cursor, unicode, depth);
      continue;
    }
    left = left === null ? `[${union}]` : joins[join]!(left, `[${union}]`);
    if (operator === ']') return negated ? `[^${left}]` : left;
    join = operator;
    union = '';
  }
}

/** `-` at the start, and `]` as the very first, stand for themselves. */
function leadingLiterals(cursor: Cursor): string {
  let union = '';
  cursor.skipSpace();
  while (cursor.eat('-')) {
    union += codeSource(0x2d);
    cursor.skipSpace();
  }
  if (union === '' && cursor.eat(']')) union += codeSource(0x5d);
  return union;
}

function operatorAt(cursor: Cursor): string | null {
  return Object.keys(joins).find((operator) => cursor.eat(operator)) ?? null;
}

function parseItem(cursor: Cursor, unicode: boolean, depth: number): string {
  if (cursor.eat('[')) return parsePosix(cursor, unicode) ?? parseBrackets(cursor, unicode, depth + 1);
  const from = parseMember(cursor, unicode);
  cursor.skipSpace();
  if (cursor.peek() !== '-' || cursor.peek(1) === ']' || cursor.peek(1) === '-') return asSource(from);
  cursor.take();
  cursor.skipSpace();
  const to = parseMember(cursor, unicode);
  if (typeof from === 'string' || typeof to === 'string') throw new RegexError('a class can not be the end of a range');
  return rangeSource(from, to);
}

/** A character's code, or the source of a class. */
function parseMember(cursor: Cursor, unicode: boolean): number | string {
  const c = cursor.take();
  if (c !== '\\') return codeOf(c, unicode);
  const parsed = parseEscape(cursor, unicode);
  if (parsed.kind === 'assert') throw new RegexError('an assertion can not stand in brackets');
  return parsed.kind === 'char' ? parsed.code : parsed.source;
}

function codeOf(char: string, unicode: boolean): number {
  const code = char.codePointAt(0)!;
  if (!unicode && code >= ASCII_END) throw new RegexError(halfCharacter);
  return code;
}

function asSource(member: number | string): string {
  return typeof member === 'number' ? codeSource(member) : member;
}

/** `[:name:]` inside of brackets; null when it is not one, and then nothing was taken. */
function parsePosix(cursor: Cursor, unicode: boolean): string | null {
  const mark = cursor.mark();
  if (cursor.eat(':')) {
    const negated = cursor.eat('^');
    let name = '';
    while (/^[a-z]$/.test(cursor.peek())) name += cursor.take();
    const isPosix = posix[name] !== undefined && cursor.eat(':]');
    if (isPosix && negated && !unicode) throw new RegexError(halfCharacter);
    if (isPosix) return `[${negated ? '^' : ''}${posix[name]}]`;
  }
  cursor.reset(mark);
  return null;
}
