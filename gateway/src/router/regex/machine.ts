/**
 * Runs a program over a text in time proportional to text × program, whatever the pattern (R. Cox, "Regular Expression
 * Matching: the Virtual Machine Approach"). Finds what a backtracking engine would find first.
 */
import type { Assertion } from './ast.js';
import { CharClass } from './char-class.js';
import { wordClass } from './escapes.js';
import type { Instruction, Program } from './program.js';

/** Where each group starts and ends; undefined for a group that took no part. Shared between threads: never changed. */
type Slots = readonly (number | undefined)[];

const NEWLINE = 0x0a;
const NO_SLOTS: Slots = [];

const words = { unicode: new CharClass(wordClass(true), 'none'), ascii: new CharClass(wordClass(false), 'none') };

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
    const from = slots[slot];
    const to = slots[slot + 1];
    groups.push(from === undefined || to === undefined ? undefined : text.slice(from, to));
  }
  return groups;
}

/** Places in the program, each with its slots, in order of preference. */
class Threads {
  readonly places: number[] = [];
  readonly slots: Slots[] = [];
  length = 0;

  push(place: number, slots: Slots): void {
    this.places[this.length] = place;
    this.slots[this.length++] = slots;
  }
}

class Machine {
  private readonly instructions: readonly Instruction[];
  /** The position at which an instruction was last reached, plus one: each is followed once per position. */
  private readonly reached: Uint32Array;
  private readonly pending = new Threads();

  constructor(
    program: Program,
    private readonly text: string,
  ) {
    this.instructions = program.instructions;
    this.reached = new Uint32Array(program.instructions.length);
  }

  run(anchored: boolean): Slots | null {
    let threads = new Threads();
    let next = new Threads();
    let found: Slots | null = null;
    for (let position = 0; ; ) {
      if (found === null && (position === 0 || !anchored)) this.follow(threads, 0, NO_SLOTS, position);
      if (threads.length === 0 && (found !== null || anchored)) return found;
      const code = this.text.codePointAt(position) ?? -1;
      const after = position + (code > 0xffff ? 2 : 1);
      next.length = 0;
      found = this.step(threads, next, code, after) ?? found;
      if (code < 0) return found;
      [threads, next] = [next, threads];
      position = after;
    }
  }

  /** Moves all threads over a character, -1 at the end. A thread that is done returns, and those below it end. */
  private step(threads: Threads, next: Threads, code: number, after: number): Slots | null {
    for (let i = 0; i < threads.length; i++) {
      const place = threads.places[i]!;
      const instruction = this.instructions[place]!;
      if (instruction.op === 'match') return threads.slots[i]!;
      if (instruction.op === 'char' && code >= 0 && instruction.chars.has(code)) this.follow(next, place + 1, threads.slots[i]!, after);
    }
    return null;
  }

  /** Adds the threads that stand before a character or the end, starting from one place. */
  private follow(threads: Threads, start: number, startSlots: Slots, position: number): void {
    const { pending, reached, instructions } = this;
    pending.push(start, startSlots);
    while (pending.length > 0) {
      const place = pending.places[--pending.length]!;
      const slots = pending.slots[pending.length]!;
      if (reached[place] === position + 1) continue;
      reached[place] = position + 1;
      const instruction = instructions[place]!;
      switch (instruction.op) {
        case 'jump':
          pending.push(instruction.to, slots);
          break;
        case 'split':
          pending.push(instruction.second, slots);
          pending.push(instruction.first, slots);
          break;
        case 'save':
          pending.push(place + 1, withSlot(slots, instruction.slot, position));
          break;
        case 'assert':
          if (this.holds(instruction.test, instruction.unicode, position)) pending.push(place + 1, slots);
          break;
        default:
          threads.push(place, slots);
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
        return boundaryHolds(test, isWord(codeBefore(text, position), unicode), isWord(text.codePointAt(position) ?? -1, unicode));
    }
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

function isWord(code: number, unicode: boolean): boolean {
  return code >= 0 && (unicode ? words.unicode : words.ascii).has(code);
}

function codeBefore(text: string, position: number): number {
  if (position === 0) return -1;
  const unit = text.charCodeAt(position - 1);
  const isLow = unit >= 0xdc00 && unit <= 0xdfff;
  return isLow && position > 1 ? text.codePointAt(position - 2)! : unit;
}

function withSlot(slots: Slots, slot: number, position: number): Slots {
  const copy = slots.slice();
  copy[slot] = position;
  return copy;
}
