/** A reading position in a pattern, by code point. */
import { RegexError } from './ast.js';

export class Cursor {
  private readonly chars: readonly string[];
  private position = 0;
  /** In verbose mode white space and comments between tokens mean nothing. */
  verbose = false;

  constructor(pattern: string) {
    this.chars = Array.from(pattern);
  }

  get atEnd(): boolean {
    return this.position >= this.chars.length;
  }

  /** The next character without taking it; '' at the end. */
  peek(ahead = 0): string {
    return this.chars[this.position + ahead] ?? '';
  }

  /** Takes a character. @throws RegexError at the end */
  take(): string {
    if (this.atEnd) throw new RegexError('the pattern ends too early');
    return this.chars[this.position++]!;
  }

  /** Takes this text if it comes next. */
  eat(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.peek(i) !== text[i]) return false;
    this.position += text.length;
    return true;
  }

  /** Takes what is before a character, and the character. @throws RegexError when it does not come */
  takeUntil(end: string, what: string): string {
    let text = '';
    while (!this.eat(end)) {
      if (this.atEnd) throw new RegexError(`${what} is not closed: ${end} is missing`);
      text += this.take();
    }
    return text;
  }

  /** Skips what verbose mode ignores. */
  skipSpace(): void {
    if (!this.verbose) return;
    while (!this.atEnd) {
      if (this.peek() === '#') this.skipComment();
      else if (/^\s$/.test(this.peek())) this.position++;
      else return;
    }
  }

  private skipComment(): void {
    while (!this.atEnd && this.take() !== '\n');
  }

  /** A place to come back to. */
  mark(): number {
    return this.position;
  }

  reset(mark: number): void {
    this.position = mark;
  }
}
