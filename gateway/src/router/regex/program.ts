/** A pattern as instructions for the machine that follows all its threads at once. */
import { type Assertion, isNullable, type Node, type Pattern, RegexError } from './ast.js';
import type { CharClass } from './char-class.js';

export type Instruction =
  | { readonly op: 'char'; readonly chars: CharClass }
  /** Continues at both places; what comes from `first` is preferred. */
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'assert'; readonly test: Assertion; readonly unicode: boolean }
  | { readonly op: 'match' };

type Split = Instruction & { op: 'split' };
type Repeat = Node & { kind: 'repeat' };

export interface Program {
  readonly instructions: readonly Instruction[];
  /** Two for each group: where it starts and where it ends. */
  readonly slots: number;
}

/** Each character of a text costs at most this many steps. */
const PROGRAM_LIMIT = 8000;

/** @throws RegexError when repetitions make it too long */
export function assemble(pattern: Pattern): Program {
  const assembler = new Assembler();
  assembler.add({ kind: 'group', index: 0, body: pattern.root });
  assembler.push({ op: 'match' });
  return { instructions: assembler.instructions, slots: pattern.groupNames.length * 2 };
}

class Assembler {
  readonly instructions: Instruction[] = [];

  get next(): number {
    return this.instructions.length;
  }

  push<T extends Instruction>(instruction: T): T {
    if (this.next >= PROGRAM_LIMIT) throw new RegexError('the pattern is too large once its repetitions are written out');
    this.instructions.push(instruction);
    return instruction;
  }

  add(node: Node): void {
    switch (node.kind) {
      case 'class':
        this.push({ op: 'char', chars: node.chars });
        return;
      case 'assert':
        this.push({ op: 'assert', test: node.test, unicode: node.unicode });
        return;
      case 'concat':
        for (const part of node.parts) this.add(part);
        return;
      case 'group':
        this.push({ op: 'save', slot: node.index * 2 });
        this.add(node.body);
        this.push({ op: 'save', slot: node.index * 2 + 1 });
        return;
      case 'choice':
        this.addChoice(node.options);
        return;
      case 'repeat':
        this.addRepeat(node);
    }
  }

  private addChoice(options: readonly Node[]): void {
    const ends: { to: number }[] = [];
    options.forEach((option, i) => {
      if (i === options.length - 1) {
        this.add(option);
        return;
      }
      const split = this.push({ op: 'split', first: this.next + 1, second: 0 });
      this.add(option);
      ends.push(this.push({ op: 'jump', to: 0 }));
      split.second = this.next;
    });
    for (const end of ends) end.to = this.next;
  }

  private addRepeat(node: Repeat): void {
    const { body, min, max } = node;
    const isEndless = max === Number.POSITIVE_INFINITY;
    for (let i = 0; i < (isEndless ? min - 1 : min); i++) this.add(body);
    if (!isEndless) this.addOptional(node, max - min);
    else if (min > 0) this.addPlus(node);
    else if (isNullable(body)) this.addOptionalPlus(node);
    else this.addStar(node);
  }

  private addStar({ body, greedy }: Repeat): void {
    const split = this.addSplit();
    const start = this.next;
    this.add(body);
    this.push({ op: 'jump', to: start - 1 });
    this.settle(split, greedy, start);
  }

  private addPlus({ body, greedy }: Repeat): void {
    const start = this.next;
    this.add(body);
    this.settle(this.addSplit(), greedy, start);
  }

  /** As Rust does it, so that a round which takes nothing still sets its groups. */
  private addOptionalPlus(node: Repeat): void {
    const split = this.addSplit();
    const start = this.next;
    this.addPlus(node);
    this.settle(split, node.greedy, start);
  }

  /** Up to `count` more, each only after the one before. */
  private addOptional({ body, greedy }: Repeat, count: number): void {
    const splits: { split: Split; start: number }[] = [];
    for (let i = 0; i < count; i++) {
      const split = this.addSplit();
      splits.push({ split, start: this.next });
      this.add(body);
    }
    for (const { split, start } of splits) this.settle(split, greedy, start);
  }

  private addSplit(): Split {
    return this.push({ op: 'split', first: 0, second: 0 });
  }

  private settle(split: Split, greedy: boolean, inside: number): void {
    split.first = greedy ? inside : this.next;
    split.second = greedy ? this.next : inside;
  }
}
