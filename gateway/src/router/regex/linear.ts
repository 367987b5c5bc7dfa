/**
 * Tells whether a backtracking engine runs a pattern in time proportional to an ASCII text, however the text was made up.
 *
 * At a choice whose ways start with different characters a wrong turn ends at its first character and costs nothing. So
 * only the other, ambiguous choices count: outside of loops each multiplies the work by its number of ways, which is
 * kept below a constant; inside of loops they are not let through. A loop that what follows it may also continue is
 * tried at every length; one such loop is let through, if what follows is of bounded length, or stops wherever it could
 * have started.
 */
import { isAnchored, isNullable, type Node } from './ast.js';

/** Ways through a text at most, beside the one loop. */
const WAYS_LIMIT = 32;

/** More rounds count as endless where the length of what is tried matters. */
const LOOP_LIMIT = 32;

/** A set of ASCII characters: bit n for the character with code n. */
type Mask = bigint;

/** Whether JavaScript's own engine may run the pattern on text from strangers, and finds the same as Rust's. */
export function isLinear(root: Node): boolean {
  const items = flatten(root);
  dropSurePart(items);
  if (!items.every((item) => isPlain(item, false))) return false;
  if (!isAnchored(root) && items.some(hasLoop)) return false;
  const follows = followMasks(items, 0n);
  const ambiguous = items.findIndex((item, i) => isAmbiguousLoop(item, follows[i]!));
  if (ambiguous >= 0 && !isShort(items.slice(ambiguous + 1))) return false;
  const ways = items.map((item, i) => (i === ambiguous ? waysOfRound(item as Repeat, follows[i]!) : waysOf(item, follows[i]!)));
  return product(ways) <= WAYS_LIMIT;
}

type Repeat = Node & { kind: 'repeat' };

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
function isPlain(node: Node, isRepeated: boolean): boolean {
  switch (node.kind) {
    case 'concat':
      return node.parts.every((part) => isPlain(part, isRepeated));
    case 'choice':
      return node.options.every((option) => isPlain(option, isRepeated)) && node.options.filter(isNullable).length <= 1;
    case 'group':
      return !isRepeated && isPlain(node.body, isRepeated);
    case 'repeat':
      return !isNullable(node.body) && isPlain(node.body, isRepeated || node.max > 1);
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
      return node.max > LOOP_LIMIT || hasLoop(node.body);
    default:
      return false;
  }
}

function isEndless(node: Node): boolean {
  return node.kind === 'repeat' && node.max === Number.POSITIVE_INFINITY;
}

function isAmbiguousLoop(node: Node, follow: Mask): boolean {
  return isEndless(node) && (firstOf(node) & follow) !== 0n;
}

/**
 * Whether trying these at every place of a text is cheap: without a loop in them, or starting with a character that
 * nothing after it can take, so that each try ends where the next could begin.
 */
function isShort(items: readonly Node[]): boolean {
  if (!items.some(hasLoop)) return true;
  const [start, ...rest] = items;
  return start?.kind === 'class' && rest.every((item) => (allOf(item) & start.chars.mask) === 0n);
}

/** How many ways there are through a part at most; Infinity when a text decides. */
function waysOf(node: Node, follow: Mask): number {
  switch (node.kind) {
    case 'concat': {
      const follows = followMasks(node.parts, follow);
      return product(node.parts.map((part, i) => waysOf(part, follows[i]!)));
    }
    case 'choice':
      return waysOfChoice(node.options, follow);
    case 'group':
      return waysOf(node.body, follow);
    case 'repeat':
      return waysOfRepeat(node, follow);
    default:
      return 1;
  }
}

function waysOfChoice(options: readonly Node[], follow: Mask): number {
  const ways = options.map((option) => waysOf(option, follow));
  const starts = options.map((option) => firstOf(option) | (isNullable(option) ? follow : 0n));
  const isDecided = starts.every((start, i) => starts.every((other, j) => i === j || (start & other) === 0n));
  return isDecided ? Math.max(...ways) : ways.reduce((sum, n) => sum + n, 0);
}

function waysOfRepeat(node: Repeat, follow: Mask): number {
  const { body, min, max } = node;
  const ofRound = waysOfRound(node, follow);
  const isDecided = min === max || (firstOf(body) & follow) === 0n;
  if (isEndless(node)) return isDecided && ofRound === 1 ? 1 : Number.POSITIVE_INFINITY;
  if (isDecided) return ofRound ** max;
  let ways = 0;
  for (let rounds = min; rounds <= max && ways <= WAYS_LIMIT; rounds++) ways += ofRound ** rounds;
  return ways;
}

/** Ways through one round; of an endless loop there must be one, or their number grows with the text. */
function waysOfRound(node: Repeat, follow: Mask): number {
  const ways = waysOf(node.body, node.max > 1 ? firstOf(node.body) | follow : follow);
  return isEndless(node) && ways > 1 ? Number.POSITIVE_INFINITY : ways;
}

function product(factors: readonly number[]): number {
  return factors.reduce((all, factor) => all * factor, 1);
}

/** Which characters may come after each of the parts. */
function followMasks(parts: readonly Node[], follow: Mask): Mask[] {
  const masks: Mask[] = [];
  let next = follow;
  for (let i = parts.length - 1; i >= 0; i--) {
    masks[i] = next;
    next = firstOf(parts[i]!) | (isNullable(parts[i]!) ? next : 0n);
  }
  return masks;
}

/** Which characters a part may start with. */
function firstOf(node: Node): Mask {
  switch (node.kind) {
    case 'class':
      return node.chars.mask;
    case 'assert':
      return 0n;
    case 'concat': {
      const end = node.parts.findIndex((part) => !isNullable(part));
      return union(end < 0 ? node.parts : node.parts.slice(0, end + 1), firstOf);
    }
    case 'choice':
      return union(node.options, firstOf);
    default:
      return firstOf(node.body);
  }
}

/** Which characters a part may take anywhere. */
function allOf(node: Node): Mask {
  switch (node.kind) {
    case 'class':
      return node.chars.mask;
    case 'assert':
      return 0n;
    case 'concat':
      return union(node.parts, allOf);
    case 'choice':
      return union(node.options, allOf);
    default:
      return allOf(node.body);
  }
}

function union(nodes: readonly Node[], maskFor: (node: Node) => Mask): Mask {
  return nodes.reduce((mask, node) => mask | maskFor(node), 0n);
}
