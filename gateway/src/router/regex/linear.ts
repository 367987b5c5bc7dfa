/**
 * Tells whether a backtracking engine runs a pattern in time proportional to an ASCII text, however it was made up.
 * It does when the next character always decides how to go on (A. Brüggemann-Klein, D. Wood, "One-unambiguous regular
 * languages": every two positions that may follow another stand for different characters), because then a wrong turn
 * ends at its first character. Beyond that, this admits choices without loops in them, whose number of ways is a
 * constant, and one ambiguous loop over single characters if no loop follows it.
 */
import { isAnchored, isNullable, type Node } from './ast.js';
import type { CharClass } from './char-class.js';

/** A pattern with more positions is left to the machine. */
const POSITION_LIMIT = 300;
/** The constant: this many ways through a text at most. */
const WAYS_LIMIT = 32;

/** Whether JavaScript's own engine may run the pattern on text from strangers, and finds the same as Rust's. */
export function isLinear(root: Node): boolean {
  const items = flatten(root);
  dropSurePart(items);
  if (items.some((item) => !isPlain(item, false))) return false;
  const loops = items.map(hasLoop);
  const graph = new Graph();
  if (!graph.build(items)) return false;
  const ambiguous = graph.ambiguousItems();
  if (!isAnchored(root)) return !loops.includes(true) && waysThrough(items, () => true) <= WAYS_LIMIT;
  const first = items.findIndex((_, i) => loops[i] && ambiguous.has(i));
  if (first >= 0 && (!isSingleLoop(items[first]!) || loops.includes(true, first + 1))) return false;
  return waysThrough(items, (i) => !loops[i] && (ambiguous.has(i) || (first >= 0 && i > first))) <= WAYS_LIMIT;
}

/** The parts in a row, whatever groups stand around them. */
function flatten(node: Node): Node[] {
  if (node.kind === 'group') return flatten(node.body);
  return node.kind === 'concat' ? node.parts.flatMap(flatten) : [node];
}

/** What an endless repetition at the very end takes beyond its least can't fail, so it is never tried again. */
function dropSurePart(items: Node[]): void {
  const last = items.at(-1);
  if (last?.kind === 'repeat' && last.body.kind === 'class') items[items.length - 1] = { ...last, max: last.min };
}

/**
 * Free of what JavaScript does otherwise: it forgets groups at each round of a loop, and has its own rule for rounds
 * that take nothing.
 */
function isPlain(node: Node, looped: boolean): boolean {
  switch (node.kind) {
    case 'concat':
      return node.parts.every((part) => isPlain(part, looped));
    case 'choice':
      return node.options.every((option) => isPlain(option, looped)) && node.options.filter(isNullable).length <= 1;
    case 'group':
      return !looped && isPlain(node.body, looped);
    case 'repeat':
      return !isNullable(node.body) && isPlain(node.body, looped || node.max > 1);
    default:
      return true;
  }
}

function hasLoop(node: Node): boolean {
  switch (node.kind) {
    case 'concat':
      return node.parts.some(hasLoop);
    case 'choice':
      return node.options.some(hasLoop);
    case 'group':
      return hasLoop(node.body);
    case 'repeat':
      return node.max === Number.POSITIVE_INFINITY || hasLoop(node.body);
    default:
      return false;
  }
}

function isSingleLoop(node: Node): boolean {
  return node.kind === 'repeat' && node.body.kind === 'class';
}

/** How many ways there are through the chosen items, none of which has a loop. */
function waysThrough(items: readonly Node[], chosen: (index: number) => boolean): number {
  return items.reduce((ways, item, i) => (chosen(i) ? ways * waysOf(item) : ways), 1);
}

function waysOf(node: Node): number {
  switch (node.kind) {
    case 'concat':
      return waysThrough(node.parts, () => true);
    case 'choice':
      return node.options.reduce((sum, option) => sum + waysOf(option), 0);
    case 'group':
      return waysOf(node.body);
    case 'repeat': {
      let ways = 0;
      for (let n = node.min; n <= node.max && ways <= WAYS_LIMIT; n++) ways += waysOf(node.body) ** n;
      return ways;
    }
    default:
      return 1;
  }
}

/** Which positions start and end a part, and whether it may be skipped. */
interface Span {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly nullable: boolean;
}

const nothing: Span = { first: [], last: [], nullable: true };

/** Positions of characters and which may follow which (V. Glushkov, 1961). Position 0 is the start. */
class Graph {
  private readonly chars: (CharClass | null)[] = [null];
  private readonly itemOf: number[] = [-1];
  private readonly follows: number[][] = [[]];
  private readonly ambiguous = new Set<number>();
  private item = 0;

  /** False when there are too many positions. */
  build(items: readonly Node[]): boolean {
    let before: Span = { first: [], last: [0], nullable: false };
    for (const item of items) {
      const span = this.add(item);
      if (this.chars.length > POSITION_LIMIT) return false;
      before = this.join(before, span);
      this.item++;
    }
    return true;
  }

  /** Items in which, or after which, one character does not decide how to go on. */
  ambiguousItems(): Set<number> {
    for (const follow of this.follows) {
      follow.forEach((one, i) => {
        for (const other of follow.slice(i + 1)) if (this.chars[one]!.meets(this.chars[other]!)) this.blame(one, other);
      });
    }
    return this.ambiguous;
  }

  private blame(one: number, other: number): void {
    this.ambiguous.add(Math.min(this.itemOf[one]!, this.itemOf[other]!));
  }

  private add(node: Node): Span {
    switch (node.kind) {
      case 'class':
        return this.addPosition(node.chars);
      case 'assert':
        return nothing;
      case 'group':
        return this.add(node.body);
      case 'concat':
        return node.parts.reduce<Span>((before, part) => this.join(before, this.add(part)), nothing);
      case 'choice':
        return node.options.map((option) => this.add(option)).reduce(either);
      case 'repeat':
        return this.addRepeat(node);
    }
  }

  private addPosition(chars: CharClass): Span {
    const position = this.chars.push(chars) - 1;
    this.itemOf.push(this.item);
    this.follows.push([]);
    return { first: [position], last: [position], nullable: false };
  }

  /** Rounds one after the other; only the last one of an endless repetition comes back to itself. */
  private addRepeat({ body, min, max }: Node & { kind: 'repeat' }): Span {
    const endless = max === Number.POSITIVE_INFINITY;
    const rounds = Math.min(endless ? Math.max(min, 1) : max, POSITION_LIMIT);
    let whole: Span = nothing;
    let previous: Span | null = null;
    for (let round = 1; round <= rounds && this.chars.length <= POSITION_LIMIT; round++) {
      const span = this.add(body);
      if (endless && round === rounds) this.connect(span.last, span.first);
      if (previous) this.connect(previous.last, span.first);
      whole = {
        first: previous ? whole.first : span.first,
        last: round > min ? [...whole.last, ...span.last] : span.last,
        nullable: min === 0,
      };
      previous = span;
    }
    return whole;
  }

  private join(before: Span, after: Span): Span {
    this.connect(before.last, after.first);
    return {
      first: before.nullable ? [...before.first, ...after.first] : before.first,
      last: after.nullable ? [...before.last, ...after.last] : after.last,
      nullable: before.nullable && after.nullable,
    };
  }

  /** Two ways from one position to the same other are a choice that no character decides. */
  private connect(lasts: readonly number[], firsts: readonly number[]): void {
    for (const last of lasts) {
      for (const first of firsts) {
        if (this.follows[last]!.includes(first)) this.blame(last === 0 ? first : last, first);
        else this.follows[last]!.push(first);
      }
    }
  }
}

function either(one: Span, other: Span): Span {
  return { first: [...one.first, ...other.first], last: [...one.last, ...other.last], nullable: one.nullable || other.nullable };
}
