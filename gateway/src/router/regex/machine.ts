/**
 * Runs a program over a text in time proportional to text × program, whatever the pattern (R. Cox, "Regular Expression
 * Matching: the Virtual Machine Approach"). Prefers what a backtracking engine would find first.
 */
import type { Assertion } from './ast.js';
import { CharClass } from './char-class.js';
import { wordClass } from './escapes.js';
import type { Instruction, Program } from './program.js';

/** Where each group starts and ends; undefined for a group that took no part. */
type Slots = readonly (number | undefined)[];

interface Thread {
  readonly at: number;
  readonly slots: Slots;
}

const NEWLINE = 0x0a;

const words = { unicode: new CharClass(wordClass(true), false), ascii: new CharClass(wordClass(false), false) };

/**
 * Finds the leftmost match.
 * @param anchored whether only a match at the start can exist: saves the search further on
 * @returns the text of each group, 0 being the whole match; null when there is no match
 */
export function execute(program: Program, text: string, anchored: boolean): (string | undefined)[] | null {
  const slots = new Machine(program, text).run(anchored);
  if (!slots) return null;
  const groups: (string | undefined)[] = [];
  for (let slot = 0; slot < program.slots; slot += 2) {
    const [from, to] = [slots[slot], slots[slot + 1]];
    groups.push(from === undefined || to === undefined ? undefined : text.slice(from, to));
  }
  return groups;
}

class Machine {
  private readonly instructions: readonly Instruction[];
  /** The position at which an instruction was last reached, plus one: each is followed once per position. */
  private readonly reached: Uint32Array;

  constructor(
    program: Program,
    private readonly text: string,
  ) {
    this.instructions = program.instructions;
    this.reached = new Uint32Array(program.instructions.length);
  }

  run(anchored: boolean): Slots | null {
    let threads: Thread[] = [];
    let found: Slots | null = null;
    for (let position = 0; ; ) {
      if (!found && (position === 0 || !anchored)) this.follow(threads, { at: 0, slots: [] }, position);
      if (threads.length === 0 && (found || anchored)) return found;
      const code = this.text.codePointAt(position);
      const after = position + (code !== undefined && code > 0xffff ? 2 : 1);
      const next: Thread[] = [];
      for (const thread of threads) {
        const instruction = this.instructions[thread.at]!;
        if (instruction.op === 'match') {
          found = thread.slots;
          break;
        }
        if (instruction.op === 'char' && code !== undefined && instruction.chars.has(code)) {
          this.follow(next, { at: thread.at + 1, slots: thread.slots }, after);
        }
      }
      if (code === undefined) return found;
      threads = next;
      position = after;
    }
  }

  /** Adds the threads that stand before a character or the end, in order of preference, starting from one. */
  private follow(threads: Thread[], from: Thread, position: number): void {
    const pending = [from];
    for (let thread = pending.pop(); thread; thread = pending.pop()) {
      const { at, slots } = thread;
      if (this.reached[at] === position + 1) continue;
      this.reached[at] = position + 1;
      const instruction = this.instructions[at]!;
      switch (instruction.op) {
        case 'jump':
          pending.push({ at: instruction.to, slots });
          break;
        case 'split':
          pending.push({ at: instruction.second, slots }, { at: instruction.first, slots });
          break;
        case 'save':
          pending.push({ at: at + 1, slots: withSlot(slots, instruction.slot, position) });
          break;
        case 'assert':
          if (this.holds(instruction.test, instruction.unicode, position)) pending.push({ at: at + 1, slots });
          break;
        default:
          threads.push(thread);
      }
    }
  }

  private holds(test: Assertion, unicode: boolean, position: number): boolean {
    const { text } = this;
    switch (test) {
      case 'text-start':
        return position === 0;
      case 'text-end':
        return position === text.length;
      case 'line-start':
        return position === 0 || text.charCodeAt(position - 1) === NEWLINE;
      case 'line-end':
        return position === text.length || text.charCodeAt(position) === NEWLINE;
      default:
        return boundaryHolds(test, this.isWord(codeBefore(text, position), unicode), this.isWord(text.codePointAt(position), unicode));
    }
  }

  private isWord(code: number | undefined, unicode: boolean): boolean {
    return code !== undefined && (unicode ? words.unicode : words.ascii).has(code);
  }
}

function boundaryHolds(test: Assertion, before: boolean, after: boolean): boolean {
  switch (test) {
    case 'word':
      return before !== after;
    case 'not-word':
      return before === after;
    case 'word-start':
      return !before && after;
    case 'word-end':
      return before && !after;
    case 'word-start-half':
      return !before;
    default:
      return !after;
  }
}

function codeBefore(text: string, position: number): number | undefined {
  const low = text.charCodeAt(position - 1);
  const pair = low >= 0xdc00 && low <= 0xdfff ? text.codePointAt(position - 2) : undefined;
  return pair !== undefined && pair > 0xffff ? pair : position > 0 ? low : undefined;
}

function withSlot(slots: Slots, slot: number, position: number): Slots {
  const copy = slots.slice();
  copy[slot] = position;
  return copy;
}
