/** The parts of a parsed regular expression, with its flags already worked into them. */
import type { CharClass } from './char-class.js';

export type Assertion =
  | 'text-start'
  | 'text-end'
  | 'line-start'
  | 'line-end'
  | 'word'
  | 'not-word'
  | 'word-start'
  | 'word-end'
  | 'word-start-half'
  | 'word-end-half';

export type Node =
  | { readonly kind: 'class'; readonly chars: CharClass }
  | { readonly kind: 'assert'; readonly test: Assertion /** Word characters of all scripts. */; readonly unicode: boolean }
  | { readonly kind: 'concat'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'group'; readonly index: number; readonly body: Node }
  | {
      readonly kind: 'repeat';
      readonly min: number /** May be Infinity. */;
      readonly max: number;
      readonly greedy: boolean;
      readonly body: Node;
    };

export interface Pattern {
  readonly root: Node;
  /** Names by number of group; index 0 is the whole match. */
  readonly groupNames: readonly (string | null)[];
}

/** What is wrong with a pattern, in words for the person who wrote it. */
export class RegexError extends Error {
  readonly code = 'REGEX_INVALID';

  constructor(message: string) {
    super(message);
    this.name = 'RegexError';
  }
}

/** Whether every match starts where the search starts: the whole pattern stands behind `^`. */
export function isAnchored(node: Node): boolean {
  switch (node.kind) {
    case 'assert':
      return node.test === 'text-start';
    case 'concat':
      return node.parts.length > 0 && isAnchored(node.parts[0]!);
    case 'choice':
      return node.options.every(isAnchored);
    case 'group':
      return isAnchored(node.body);
    case 'repeat':
      return node.min > 0 && isAnchored(node.body);
    default:
      return false;
  }
}

/** Whether the node can match without taking a character. */
export function isNullable(node: Node): boolean {
  switch (node.kind) {
    case 'class':
      return false;
    case 'assert':
      return true;
    case 'concat':
      return node.parts.every(isNullable);
    case 'choice':
      return node.options.some(isNullable);
    case 'group':
      return isNullable(node.body);
    case 'repeat':
      return node.min === 0 || isNullable(node.body);
  }
}
