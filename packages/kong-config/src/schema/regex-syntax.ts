import { isProperty } from './unicode-property.js';

/** Two ways of writing regular expressions: PCRE2 (https://www.pcre.org/current/doc/html/pcre2syntax.html), and Rust's regex crate (https://docs.rs/regex/1/regex/#syntax). */
export interface Dialect {
  /** What may follow `(?` besides `:`, flags and names; null where nothing may. */
  groups: RegExp | null;
  flags: RegExp;
  /** Characters that may follow a backslash. */
  escapes: RegExp;
  /** A brace that begins no count stands for itself. */
  loneBrace: boolean;
  /** A bracket inside a class opens another class. */
  nestedClasses: boolean;
  /** `a**` is a repetition of a repetition. */
  repeatedStar: boolean;
  /** Items of no width, which can't be repeated. */
  fixed: RegExp | null;
  /** What stands for a group's name. */
  name: RegExp;
  /** The greatest code point of `\x{…}`. */
  maxCode: number;
  words: { group: string; escape: string };
}

export const PCRE: Dialect = {
  groups: /^(?:=|!|<=|<!|>|\||#[^)]*(?=\))|P=\w+(?=\))|P>\w+(?=\))|&\w+(?=\))|R(?=\))|[+-]?\d+(?=\))|\((?:[^()]*)\)|C\d*(?=\)))/,
  flags: /^[imsxnJU^]*(?:-[imsxnJU]+)?/,
  escapes: /^[^a-zA-Z]$|^[abcdefghknoprstvwxzABDEGHKNPQRSVWXZ]$/,
  loneBrace: true,
  nestedClasses: false,
  repeatedStar: false,
  fixed: /^(?:[\^$]|\\[bBAGzZ])$/,
  name: /^[A-Za-z_]\w{0,31}>/,
  maxCode: 0xff,
  words: { group: 'unrecognized character after (? or (?-', escape: 'unrecognized character follows \\' },
};

export const RUST: Dialect = {
  groups: null,
  flags: /^[imsUuxR]*(?:-[imsUuxR]+)?/,
  escapes: /^[ -/:-@[-`{-~]$|^[abdfnprstuvwxzABDPSUW]$/,
  loneBrace: false,
  nestedClasses: true,
  repeatedStar: true,
  fixed: null,
  name: /^[\p{L}_][\p{L}\p{N}_.[\]]*>/u,
  maxCode: 0x10ffff,
  words: {
    group: 'unrecognized flag, or look-around, including look-ahead and look-behind, which is not supported',
    escape: 'unrecognized escape sequence, or a backreference, which is not supported',
  },
};

class SyntaxFault extends Error {
  readonly code = 'REGEX_SYNTAX';
}

const MAX_DEPTH = 200;
const MAX_COUNT = 65535;
/** Characters; nothing that a person writes comes near it. */
const MAX_PATTERN = 8192;

const POSIX = /^\[:\^?(?:alpha|lower|upper|alnum|ascii|blank|cntrl|digit|graph|print|punct|space|word|xdigit):\]$/;

/** A member of a class: a character; null for one that is not known; or several, which can't begin or end a range. */
type Member = string | null;
const SEVERAL = '';

/** Walks over a pattern once, without building anything. */
class Scanner {
  private at = 0;
  private readonly names = new Set<string>();
  private groups = 0;
  /** The greatest number of a group that something refers to. */
  private referred = 0;

  constructor(
    private readonly text: string,
    private readonly dialect: Dialect,
  ) {}

  /** @throws {SyntaxFault} */
  scan(): void {
    this.alternatives(0);
    if (this.at < this.text.length) throw new SyntaxFault('unmatched closing parenthesis');
    if (this.referred > this.groups) throw new SyntaxFault('reference to non-existent subpattern');
  }

  private eat(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private take(pattern: RegExp): string | null {
    const match = pattern.exec(this.text.slice(this.at, this.at + 300));
    if (match === null) return null;
    this.at += match[0].length;
    return match[0];
  }

  private alternatives(depth: number): void {
    if (depth > MAX_DEPTH) throw new SyntaxFault('parentheses are too deeply nested');
    let repeatable = false;
    while (this.at < this.text.length && this.text[this.at] !== ')') {
      if (this.eat('|')) repeatable = false;
      else if (this.quantifier(repeatable)) repeatable = this.dialect.repeatedStar;
      else repeatable = this.atom(depth);
    }
  }

  /** Whether a repetition stood here. */
  private quantifier(repeatable: boolean): boolean {
    const simple = this.take(/^[*+?]/);
    if (simple === null && !this.count()) return false;
    if (!repeatable) throw new SyntaxFault('quantifier does not follow a repeatable item');
    if (!this.eat('?') && !this.dialect.repeatedStar) this.eat('+');
    return true;
  }

  private count(): boolean {
    if (this.text[this.at] !== '{') return false;
    const match = this.take(/^\{\s*(\d+)\s*(,\s*\d*\s*)?\}/);
    if (match === null) {
      if (this.dialect.loneBrace) return false;
      throw new SyntaxFault('repetition quantifier expects a valid decimal');
    }
    const [low = 0, high] = match
      .slice(1, -1)
      .split(',')
      .map((part) => (part.trim() === '' ? undefined : Number(part)));
    if (low > MAX_COUNT || (high ?? 0) > MAX_COUNT) throw new SyntaxFault('number too big in {} quantifier');
    if (high !== undefined && high < low) throw new SyntaxFault('numbers out of order in {} quantifier');
    return true;
  }

  /** Takes one item; whether it may be repeated. */
  private atom(depth: number): boolean {
    const start = this.at;
    if (this.eat('(')) return this.group(depth);
    if (this.eat('[')) this.charClass(depth);
    else if (this.eat('\\')) this.escape();
    else this.at += 1;
    return this.dialect.fixed === null || !this.dialect.fixed.test(this.text.slice(start, this.at));
  }

  private group(depth: number): boolean {
    if (this.eat('?')) {
      const opened = this.groupStart();
      if (!opened) return false;
    } else if (this.dialect.groups === null || this.take(/^\*[A-Z_]+(?::[^)]*)?(?=\))/) === null) this.groups += 1;
    this.alternatives(depth + 1);
    if (!this.eat(')')) throw new SyntaxFault('missing closing parenthesis');
    return true;
  }

  /** What stands behind `(?`; false when the group is complete with it (flags for what follows). */
  private groupStart(): boolean {
    if (this.eat('P<') || this.isName()) return this.name();
    const special = this.dialect.groups === null ? null : this.take(this.dialect.groups);
    if (special !== null) {
      this.refer(/^\(?(\d+)/.exec(special)?.[1]);
      return true;
    }
    this.take(this.dialect.flags);
    if (this.eat(':')) return true;
    if (this.eat(')')) return false;
    throw new SyntaxFault(this.dialect.words.group);
  }

  private isName(): boolean {
    const next = this.text[this.at + 1];
    return next !== '=' && next !== '!' && this.eat('<');
  }

  private name(): boolean {
    const name = this.take(this.dialect.name);
    if (name === null) throw new SyntaxFault('subpattern name expected');
    if (this.names.has(name)) throw new SyntaxFault('two named subpatterns have the same name');
    this.names.add(name);
    this.groups += 1;
    return true;
  }

  private refer(number: string | undefined): void {
    if (number !== undefined) this.referred = Math.max(this.referred, Number(number));
  }

  private escape(): void {
    const next = this.text[this.at];
    if (next === undefined) throw new SyntaxFault('\\ at end of pattern');
    if (!this.dialect.escapes.test(next)) throw new SyntaxFault(this.dialect.words.escape);
    this.at += 1;
    if (/[1-9]/.test(next) && !/^\d/.test(this.text.slice(this.at))) this.refer(next);
    if (next === 'Q') this.quoted();
    else if (next === 'c' && this.at >= this.text.length) throw new SyntaxFault('\\c at end of pattern');
    else if (next === 'x' && this.text[this.at] === '{') this.codePoint();
    else if (next === 'p' || next === 'P') this.property();
  }

  private codePoint(): void {
    const code = this.take(/^\{[\da-fA-F]+\}/);
    if (code === null) throw new SyntaxFault('bad \\x{} escape');
    if (Number.parseInt(code.slice(1), 16) > this.dialect.maxCode) throw new SyntaxFault('code point value in \\x{} is too large');
  }

  private property(): void {
    const property = this.take(/^(?:\{\^?[\w =:&-]+\}|[A-Za-z])/);
    if (property === null) throw new SyntaxFault('malformed \\P or \\p sequence');
    // Rust's names are looser.
    if (!this.dialect.nestedClasses && !isProperty(property.replace(/[{}^]/g, '')))
      throw new SyntaxFault('unknown property after \\P or \\p');
  }

  /** Everything up to `\E` stands for itself. */
  private quoted(): void {
    const end = this.text.indexOf('\\E', this.at);
    this.at = end === -1 ? this.text.length : end + 2;
  }

  private charClass(depth: number): void {
    if (depth > MAX_DEPTH) throw new SyntaxFault('character classes are too deeply nested');
    this.eat('^');
    let low: Member = this.eat(']') ? ']' : null;
    while (this.at < this.text.length) {
      if (this.eat(']')) return;
      if (low !== null && this.text[this.at] === '-' && this.text[this.at + 1] !== ']') {
        this.at += 1;
        this.range(low, depth);
        low = null;
      } else low = this.member(depth);
    }
    throw new SyntaxFault('missing terminating ] for character class');
  }

  private range(low: Member, depth: number): void {
    const high = this.member(depth);
    if (low === SEVERAL || high === SEVERAL) throw new SyntaxFault('invalid range in character class');
    if (low !== null && high !== null && (high.codePointAt(0) as number) < (low.codePointAt(0) as number))
      throw new SyntaxFault('range out of order in character class');
  }

  private member(depth: number): Member {
    const named = this.take(/^\[:\^?[a-z]+:\]/);
    if (named !== null) {
      if (!this.dialect.nestedClasses && !POSIX.test(named)) throw new SyntaxFault('unknown POSIX class name');
      return this.dialect.nestedClasses ? null : SEVERAL;
    }
    if (this.dialect.nestedClasses && this.eat('[')) {
      this.charClass(depth + 1);
      return null;
    }
    if (this.eat('\\')) {
      const next = this.text[this.at] ?? '';
      if (!this.dialect.nestedClasses && /[BRXN]/.test(next)) throw new SyntaxFault('escape sequence is invalid in character class');
      this.escape();
      if (/[dDwWsShHvVpPNR]/.test(next)) return SEVERAL;
      return /[a-zA-Z0-9]/.test(next) ? null : next;
    }
    const code = this.text.codePointAt(this.at);
    if (code === undefined) throw new SyntaxFault('missing terminating ] for character class');
    const char = String.fromCodePoint(code);
    this.at += char.length;
    return char;
  }
}

/** What keeps a pattern from being compiled, or null. */
export function syntaxFault(pattern: string, dialect: Dialect): string | null {
  if (pattern.length > MAX_PATTERN) return 'regular expression is too large';
  try {
    new Scanner(pattern, dialect).scan();
    return null;
  } catch (error) {
    if (error instanceof SyntaxFault) return error.message;
    throw error;
  }
}
