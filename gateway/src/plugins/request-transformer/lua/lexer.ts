/** Lua 5.1's tokens (reference manual §2.1), as far as an expression has them. */
import { parseNumber } from '../../lib/lua-number.js';
import { LuaSyntaxError, LuaUnsupported } from './values.js';

export type Token =
  | { readonly kind: 'name' | 'keyword' | 'operator' | 'end'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string; readonly value: number };

const KEYWORDS = new Set(
  'and break do else elseif end false for function goto if in local nil not or repeat return then true until while'.split(' '),
);
const BLANK = /[ \t\r\n\v\f]+/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[A-Za-z0-9_.]*/y;
const OPERATOR = /\.\.\.|\.\.|==|~=|<=|>=|[-+*/%^#<>=(){}[\];:,.]/y;
const LONG_OPEN = /\[(=*)\[\r?\n?/y;

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '\n',
};

/** An expression nests as deep as it is long, so its length is bounded. */
const TOKENS_MAX = 2000;

class Lexer {
  private at = 0;
  readonly tokens: Token[] = [];

  constructor(private readonly source: string) {}

  run(): Token[] {
    while (this.at < this.source.length) {
      if (this.tokens.length >= TOKENS_MAX) throw new LuaUnsupported(`an expression of more than ${TOKENS_MAX} tokens`);
      this.next();
    }
    this.tokens.push({ kind: 'end', text: '<end>' });
    return this.tokens;
  }

  private next(): void {
    if (this.take(BLANK) !== null) return;
    if (this.source.startsWith('--', this.at)) throw new LuaSyntaxError('a comment hides the end of the expression');
    const quote = this.source[this.at];
    if (quote === '"' || quote === "'") this.shortString(quote);
    else if (!this.longString()) this.word();
  }

  private word(): void {
    const name = this.take(NAME)?.[0];
    if (name !== undefined) this.tokens.push({ kind: KEYWORDS.has(name) ? 'keyword' : 'name', text: name });
    else this.numberOrOperator();
  }

  private numberOrOperator(): void {
    const digits = this.take(NUMBER)?.[0];
    if (digits !== undefined) {
      const value = parseNumber(digits);
      if (value === undefined) throw new LuaSyntaxError(`malformed number near '${digits}'`);
      this.tokens.push({ kind: 'number', text: digits, value });
      return;
    }
    const operator = this.take(OPERATOR)?.[0];
    if (operator === undefined) throw new LuaSyntaxError(`unexpected symbol near '${this.source[this.at]}'`);
    this.tokens.push({ kind: 'operator', text: operator });
  }

  private take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.source);
    if (match) this.at = pattern.lastIndex;
    return match;
  }

  /** False when none begins here. */
  private longString(): boolean {
    const open = this.take(LONG_OPEN);
    if (!open) return false;
    const close = `]${open[1]}]`;
    const end = this.source.indexOf(close, this.at);
    if (end < 0) throw new LuaSyntaxError('unfinished long string');
    this.tokens.push({ kind: 'string', text: this.source.slice(this.at, end) });
    this.at = end + close.length;
    return true;
  }

  private shortString(quote: string): void {
    let text = '';
    this.at++;
    for (;;) {
      const char = this.source[this.at++];
      if (char === undefined || char === '\n') throw new LuaSyntaxError('unfinished string');
      if (char === quote) break;
      text += char === '\\' ? this.escaped() : char;
    }
    this.tokens.push({ kind: 'string', text });
  }

  private escaped(): string {
    const char = this.source[this.at++];
    if (char === undefined) throw new LuaSyntaxError('unfinished string');
    if (char === 'x') return this.byte(/[0-9a-fA-F]{2}/y, 16);
    if (char === 'z') {
      this.take(BLANK);
      return '';
    }
    if (char < '0' || char > '9') return ESCAPES[char] ?? char;
    this.at--;
    return this.byte(/\d{1,3}/y, 10);
  }

  private byte(pattern: RegExp, base: number): string {
    const code = Number.parseInt(this.take(pattern)?.[0] ?? '', base);
    if (!(code <= 255)) throw new LuaSyntaxError('invalid escape sequence');
    return String.fromCharCode(code);
  }
}

/** All tokens of an expression, an `end` last. @throws LuaSyntaxError, LuaUnsupported past 2000 tokens */
export function tokenize(source: string): Token[] {
  return new Lexer(source).run();
}
