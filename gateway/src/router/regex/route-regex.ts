/** A regular expression of a route, ready to run on hostile text. See docs/decisions/0003-route-regexes.md. */
import { isAnchored } from './ast.js';
import { CharClasses } from './char-class.js';
import { emit } from './emit.js';
import { isLinear } from './linear.js';
import { execute } from './machine.js';
import { parseRegex } from './parser.js';
import { assemble, type Program } from './program.js';
import { requiredShape, type Shape } from './shape.js';

/** Groups of a match; 0 is the whole. */
export type Groups = readonly (string | undefined)[];

export class RouteRegex {
  /** What every text that matches looks like at its start: lets an index leave out most patterns. */
  readonly shape: Shape;
  /** By number; null for a group without a name. */
  readonly groupNames: readonly (string | null)[];
  /** Whether JavaScript's own engine runs it on ASCII text. */
  readonly isNative: boolean;
  private readonly native: RegExp | null;
  private readonly program: Program;
  private readonly anchored: boolean;

  /**
   * @param pattern in the syntax of Rust's regex crate
   * @param classes shared by the patterns of one table
   * @throws RegexError saying what is wrong with it
   */
  constructor(pattern: string, classes: CharClasses = new CharClasses()) {
    const parsed = parseRegex(pattern, classes);
    this.groupNames = parsed.groupNames;
    this.anchored = isAnchored(parsed.root);
    this.shape = requiredShape(parsed.root, this.anchored);
    this.program = assemble(parsed);
    this.isNative = isLinear(parsed.root);
    this.native = this.isNative ? new RegExp(emit(parsed.root)) : null;
  }

  get hasGroups(): boolean {
    return this.groupNames.length > 1;
  }

  /**
   * The leftmost match, in time proportional to the text.
   * @param text of Unicode characters, not bytes
   * @param ascii whether all of them are ASCII
   */
  execute(text: string, ascii: boolean): Groups | null {
    return ascii && this.native !== null ? this.native.exec(text) : execute(this.program, text, this.anchored);
  }
}
