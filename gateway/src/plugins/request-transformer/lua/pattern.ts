/** Lua's patterns (reference manual §5.4.1), matched by backtracking within a budget of steps. */
import { LuaError } from './values.js';

const STEPS_MAX = 200_000;
const CAPTURES_MAX = 32;
const NESTING_MAX = 200;
const OPEN = -1;
const POSITION = -2;

const inRanges =
  (...ranges: readonly (readonly [number, number])[]) =>
  (code: number): boolean =>
    ranges.some(([low, high]) => code >= low && code <= high);

const digit = inRanges([48, 57]);
const lower = inRanges([97, 122]);
const upper = inRanges([65, 90]);
const letter = (code: number): boolean => lower(code) || upper(code);
const alphanumeric = (code: number): boolean => letter(code) || digit(code);

const CLASSES: Readonly<Record<string, (code: number) => boolean>> = {
  a: letter,
  c: inRanges([0, 31], [127, 127]),
  d: digit,
  l: lower,
  p: (code) => code > 32 && code < 127 && !alphanumeric(code),
  s: inRanges([9, 13], [32, 32]),
  u: upper,
  w: alphanumeric,
  x: inRanges([48, 57], [65, 70], [97, 102]),
  z: (code) => code === 0,
  g: inRanges([33, 126]),
};

function inClass(code: number, name: string): boolean {
  const test = CLASSES[name.toLowerCase()];
  if (!test) return code === name.charCodeAt(0);
  return test(code) === (name === name.toLowerCase());
}

/** What a capture holds: a piece of the subject, or a position in it. */
export type Capture = string | number;

export class PatternMatcher {
  private steps = 0;
  private depth = 0;
  private starts: number[] = [];
  private lengths: number[] = [];

  constructor(
    private readonly subject: string,
    private readonly pattern: string,
  ) {}

  /** Matches at `start` exactly; the end of the match, or -1. @throws LuaError for a malformed pattern or too much work */
  matchAt(start: number, patternStart: number): number {
    this.starts = [];
    this.lengths = [];
    this.depth = 0;
    return this.match(start, patternStart);
  }

  /** The captures of the last match; the whole match when the pattern has none. */
  captures(start: number, end: number): Capture[] {
    if (this.starts.length === 0) return [this.subject.slice(start, end)];
    return this.starts.map((_, i) => this.capture(i));
  }

  get captureCount(): number {
    return this.starts.length;
  }

  capture(i: number): Capture {
    const start = this.starts[i];
    const length = this.lengths[i];
    if (start === undefined || length === undefined) throw new LuaError('invalid capture index');
    if (length === OPEN) throw new LuaError('unfinished capture');
    return length === POSITION ? start + 1 : this.subject.slice(start, start + length);
  }

  private match(from: number, patternFrom: number): number {
    if (++this.depth > NESTING_MAX) throw new LuaError('pattern too complex');
    try {
      return this.matchHere(from, patternFrom);
    } finally {
      this.depth--;
    }
  }

  private step(): void {
    if (++this.steps > STEPS_MAX) throw new LuaError('pattern too complex');
  }

  private matchHere(from: number, patternFrom: number): number {
    let s = from;
    let p = patternFrom;
    while (p < this.pattern.length) {
      this.step();
      const special = this.special(s, p);
      if (special !== null) return special;
      const end = this.classEnd(p);
      const suffix = this.pattern[end];
      if (suffix === '*') return this.maxExpand(s, p, end, 0);
      if (suffix === '+') return this.maxExpand(s, p, end, 1);
      if (suffix === '-') return this.minExpand(s, p, end);
      const fits = this.single(s, p, end);
      if (suffix === '?') {
        const found = fits ? this.match(s + 1, end + 1) : -1;
        if (found >= 0) return found;
        p = end + 1;
        continue;
      }
      if (!fits) return -1;
      s++;
      p = end;
    }
    return s;
  }

  /** Captures, `%b`, `%f`, back references and the final `$`; null for an ordinary item. */
  private special(s: number, p: number): number | null {
    const { pattern } = this;
    const char = pattern[p];
    if (char === '(') return pattern[p + 1] === ')' ? this.startCapture(s, p + 2, POSITION) : this.startCapture(s, p + 1, OPEN);
    if (char === ')') return this.endCapture(s, p + 1);
    if (char === '$' && p + 1 === pattern.length) return s === this.subject.length ? s : -1;
    if (char !== '%') return null;
    const next = pattern[p + 1];
    if (next === 'b') return this.balance(s, p + 2);
    if (next === 'f') return this.frontier(s, p + 2);
    if (next !== undefined && next >= '0' && next <= '9') return this.backReference(s, p + 2, Number(next));
    return null;
  }

  private classEnd(from: number): number {
    const { pattern } = this;
    let p = from + 1;
    const char = pattern[from];
    if (char === '%') {
      if (p >= pattern.length) throw new LuaError("malformed pattern (ends with '%')");
      return p + 1;
    }
    if (char !== '[') return p;
    if (pattern[p] === '^') p++;
    do {
      if (p >= pattern.length) throw new LuaError("malformed pattern (missing ']')");
      if (pattern[p++] === '%') p++;
    } while (pattern[p] !== ']');
    return p + 1;
  }

  private single(s: number, p: number, end: number): boolean {
    if (s >= this.subject.length) return false;
    const code = this.subject.charCodeAt(s);
    const char = this.pattern[p]!;
    if (char === '.') return true;
    if (char === '%') return inClass(code, this.pattern[p + 1]!);
    return char === '[' ? this.inSet(code, p, end - 1) : code === char.charCodeAt(0);
  }

  /** `p` is at `[`, `last` at `]`. */
  private inSet(code: number, p: number, last: number): boolean {
    const { pattern } = this;
    const negated = pattern[p + 1] === '^';
    let i = negated ? p + 2 : p + 1;
    for (; i < last; i++) {
      if (pattern[i] === '%') {
        i++;
        if (inClass(code, pattern[i]!)) return !negated;
      } else if (pattern[i + 1] === '-' && i + 2 < last) {
        if (code >= pattern.charCodeAt(i) && code <= pattern.charCodeAt(i + 2)) return !negated;
        i += 2;
      } else if (code === pattern.charCodeAt(i)) return !negated;
    }
    return negated;
  }

  private maxExpand(s: number, p: number, end: number, least: number): number {
    let count = 0;
    while (this.single(s + count, p, end)) count++;
    for (; count >= least; count--) {
      this.step();
      const found = this.match(s + count, end + 1);
      if (found >= 0) return found;
    }
    return -1;
  }

  private minExpand(from: number, p: number, end: number): number {
    for (let s = from; ; s++) {
      this.step();
      const found = this.match(s, end + 1);
      if (found >= 0) return found;
      if (!this.single(s, p, end)) return -1;
    }
  }

  private startCapture(s: number, p: number, kind: number): number {
    if (this.starts.length >= CAPTURES_MAX) throw new LuaError('too many captures');
    this.starts.push(s);
    this.lengths.push(kind);
    const found = this.match(s, p);
    if (found < 0) {
      this.starts.pop();
      this.lengths.pop();
    }
    return found;
  }

  private endCapture(s: number, p: number): number {
    const open = this.lengths.lastIndexOf(OPEN);
    if (open < 0) throw new LuaError('invalid pattern capture');
    this.lengths[open] = s - this.starts[open]!;
    const found = this.match(s, p);
    if (found < 0) this.lengths[open] = OPEN;
    return found;
  }

  private balance(s: number, p: number): number {
    const opening = this.pattern[p];
    const closing = this.pattern[p + 1];
    if (opening === undefined || closing === undefined) throw new LuaError('unbalanced pattern');
    if (this.subject[s] !== opening) return -1;
    let level = 1;
    for (let i = s + 1; i < this.subject.length; i++) {
      const char = this.subject[i];
      if (char === closing) {
        if (--level === 0) return this.match(i + 1, p + 2);
      } else if (char === opening) level++;
    }
    return -1;
  }

  private frontier(s: number, p: number): number {
    if (this.pattern[p] !== '[') throw new LuaError("missing '[' after '%f' in pattern");
    const end = this.classEnd(p);
    const before = s === 0 ? 0 : this.subject.charCodeAt(s - 1);
    const here = s < this.subject.length ? this.subject.charCodeAt(s) : 0;
    if (this.inSet(before, p, end - 1) || !this.inSet(here, p, end - 1)) return -1;
    return this.match(s, end);
  }

  private backReference(s: number, p: number, number: number): number {
    const captured = this.capture(number - 1);
    if (typeof captured !== 'string') throw new LuaError('invalid capture index');
    return this.subject.startsWith(captured, s) ? this.match(s + captured.length, p) : -1;
  }
}
