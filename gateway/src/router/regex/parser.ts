/**
 * The syntax of Rust's regex crate (https://docs.rs/regex/1.10/regex/#syntax), which is what Kong's routers take: no
 * look-around, no backreferences.
 */
import { type Assertion, type Node, type Pattern, RegexError } from './ast.js';
import { NEST_LIMIT, parseBrackets } from './brackets.js';
import type { CharClasses, Folding } from './char-class.js';
import { Cursor } from './cursor.js';
import { parseEscape } from './escapes.js';

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly U: boolean;
  readonly u: boolean;
  readonly x: boolean;
}

const defaults: Flags = { i: false, m: false, s: false, U: false, u: true, x: false };

/** Greater counts have no use in a route and would make a great program. */
const COUNT_LIMIT = 4000;

/** @throws RegexError saying what is wrong */
export function parseRegex(pattern: string, classes: CharClasses): Pattern {
  const parser = new Parser(pattern, classes);
  return { root: parser.parse(), groupNames: parser.groupNames };
}

class Parser {
  readonly groupNames: (string | null)[] = [null];
  private readonly cursor: Cursor;
  private depth = 0;

  constructor(
    pattern: string,
    private readonly classes: CharClasses,
  ) {
    this.cursor = new Cursor(pattern);
  }

  parse(): Node {
    const root = this.parseChoice(defaults);
    if (!this.cursor.atEnd) throw new RegexError('a parenthesis is closed that was not opened');
    return root;
  }

  private parseChoice(flags: Flags): Node {
    if (++this.depth > NEST_LIMIT) throw new RegexError('groups are nested too deep');
    const options: Node[] = [];
    let current = flags;
    do {
      // A flag group counts until the parenthesis around it closes, alternatives included.
      const branch = this.parseConcat(current);
      options.push(branch.node);
      current = branch.flags;
    } while (this.cursor.eat('|'));
    this.depth--;
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  }

  private parseConcat(start: Flags): { node: Node; flags: Flags } {
    const parts: Node[] = [];
    let flags = start;
    let repeatable = false;
    for (;;) {
      this.cursor.skipSpace();
      const c = this.cursor.peek();
      if (c === '' || c === '|' || c === ')') break;
      this.cursor.take();
      if (c === '*' || c === '+' || c === '?' || c === '{') {
        if (!repeatable) throw new RegexError(`${c} has nothing to repeat`);
        parts.push(this.parseRepeat(c, parts.pop()!, flags));
        continue;
      }
      const changed = c === '(' ? this.parseFlagGroup(flags) : null;
      if (changed) flags = changed;
      else parts.push(this.parseAtom(c, flags));
      repeatable = !changed;
    }
    return { node: parts.length === 1 ? parts[0]! : { kind: 'concat', parts }, flags };
  }

  private parseAtom(c: string, flags: Flags): Node {
    switch (c) {
      case '(':
        return this.parseGroup(flags);
      case '[':
        return this.classNode(parseBrackets(this.cursor, flags.u), flags);
      case '.':
        if (!flags.u) throw new RegexError('. without Unicode could match half a character');
        return this.classNode(flags.s ? '[^]' : '[^\\n]', flags);
      case '^':
        return assertion(flags.m ? 'line-start' : 'text-start', flags);
      case '$':
        return assertion(flags.m ? 'line-end' : 'text-end', flags);
      case '\\':
        return this.parseEscaped(flags);
      default:
        return { kind: 'class', chars: this.classes.ofCode(c.codePointAt(0)!, foldingOf(flags)) };
    }
  }

  private parseEscaped(flags: Flags): Node {
    const parsed = parseEscape(this.cursor, flags.u);
    if (parsed.kind === 'assert') return assertion(parsed.test, flags);
    if (parsed.kind === 'class') return this.classNode(parsed.source, flags);
    return { kind: 'class', chars: this.classes.ofCode(parsed.code, foldingOf(flags)) };
  }

  private classNode(source: string, flags: Flags): Node {
    return { kind: 'class', chars: this.classes.of(source, foldingOf(flags)) };
  }

  /** `(?flags)`: the flags from here on; null when another kind of group follows, and then nothing was taken. */
  private parseFlagGroup(flags: Flags): Flags | null {
    const mark = this.cursor.mark();
    this.cursor.skipSpace();
    if (this.cursor.eat('?') && /^[-a-zA-Z]$/.test(this.cursor.peek()) && !this.cursor.eat('P<')) {
      const changed = this.parseFlags(flags);
      if (this.cursor.eat(')')) {
        this.cursor.verbose = changed.x;
        return changed;
      }
    }
    this.cursor.reset(mark);
    return null;
  }

  /** A group whose parenthesis was taken. */
  private parseGroup(outer: Flags): Node {
    this.cursor.skipSpace();
    this.refuseLookAround();
    let flags = outer;
    let index = -1;
    if (this.cursor.eat('?P<') || this.cursor.eat('?<')) index = this.addGroup(this.parseName());
    else if (this.cursor.eat('?')) {
      flags = this.parseFlags(outer);
      if (!this.cursor.eat(':')) throw new RegexError('(? is followed by nothing known');
    } else index = this.addGroup(null);
    this.cursor.verbose = flags.x;
    const body = this.parseChoice(flags);
    if (!this.cursor.eat(')')) throw new RegexError('a parenthesis is not closed');
    this.cursor.verbose = outer.x;
    return index < 0 ? body : { kind: 'group', index, body };
  }

  private refuseLookAround(): void {
    const mark = this.cursor.mark();
    // Kong rewrites every `?<` to `?P<` before Rust sees it, look-behind included.
    const kind = ['?=', '?!', '?<=', '?<!', '?P<=', '?P<!'].find((start) => this.cursor.eat(start));
    this.cursor.reset(mark);
    if (kind) throw new RegexError('look-ahead and look-behind are not supported');
  }

  private parseName(): string {
    const name = this.cursor.takeUntil('>', 'the name of a group');
    if (!/^[\p{Alphabetic}_][\p{Alphabetic}\p{N}_.[\]]*$/u.test(name)) throw new RegexError(`"${name}" can not be the name of a group`);
    if (this.groupNames.includes(name)) throw new RegexError(`two groups are named "${name}"`);
    return name;
  }

  private addGroup(name: string | null): number {
    return this.groupNames.push(name) - 1;
  }

  private parseFlags(outer: Flags): Flags {
    const flags = { ...outer };
    const seen = new Set<string>();
    let on = true;
    while (/^[-a-zA-Z]$/.test(this.cursor.peek())) {
      const c = this.cursor.take();
      if (seen.has(c)) throw new RegexError(`the flag ${c} is given twice`);
      seen.add(c);
      if (c === '-') on = false;
      else if (Object.hasOwn(flags, c)) flags[c as keyof Flags] = on;
      else throw new RegexError(`the flag ${c} is not supported`);
      if (c === '-' && /^[:)]$/.test(this.cursor.peek())) throw new RegexError('no flag follows the minus');
    }
    return flags;
  }

  private parseRepeat(c: string, body: Node, flags: Flags): Node {
    const { min, max } = c === '{' ? this.parseCount() : { min: c === '+' ? 1 : 0, max: c === '?' ? 1 : Number.POSITIVE_INFINITY };
    const lazy = this.cursor.eat('?');
    return { kind: 'repeat', min, max, greedy: lazy === flags.U, body };
  }

  private parseCount(): { min: number; max: number } {
    const text = this.cursor.takeUntil('}', 'the count of a repetition').replace(/\s/g, '');
    const parts = /^(\d+)(,(\d*))?$/.exec(text);
    if (!parts) throw new RegexError(`{${text}} is no count; a brace that stands for itself is written \\{`);
    const min = Number(parts[1]);
    const max = parts[2] === undefined ? min : parts[3] ? Number(parts[3]) : Number.POSITIVE_INFINITY;
    if (min > max) throw new RegexError(`{${text}} ends below its start`);
    if (min > COUNT_LIMIT || (max > COUNT_LIMIT && max !== Number.POSITIVE_INFINITY)) {
      throw new RegexError(`{${text}} counts above ${COUNT_LIMIT}`);
    }
    return { min, max };
  }
}

function foldingOf(flags: Flags): Folding {
  if (!flags.i) return 'none';
  return flags.u ? 'unicode' : 'ascii';
}

function assertion(test: Assertion, flags: Flags): Node {
  return { kind: 'assert', test, unicode: flags.u };
}
