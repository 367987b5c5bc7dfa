/** What a text must look like at its start for a pattern to match, cheap enough to look patterns up by. */
import type { Node } from './ast.js';
import { ASCII_END } from './char-class.js';

const SLASH = 0x2f;

export interface Shape {
  /** ASCII text that every match starts with; '' when there is none. */
  readonly prefix: string;
  /** Whole segments after the first slash, null for one that varies; the text has at least these. */
  readonly segments: readonly (string | null)[];
}

const shapeless: Shape = { prefix: '', segments: [] };

/** @param anchored whether the pattern only matches at the start of the text */
export function requiredShape(root: Node, anchored: boolean): Shape {
  if (!anchored) return shapeless;
  const parts = rowOf(root);
  return { prefix: literalPrefix(parts), segments: leadingSegments(parts) };
}

/** What stands in a row from the start; a choice or repetition stays one part. */
function rowOf(node: Node): readonly Node[] {
  if (node.kind === 'group') return rowOf(node.body);
  if (node.kind === 'concat') return node.parts.flatMap(rowOf);
  return node.kind === 'assert' && node.test === 'text-start' ? [] : [node];
}

function literalPrefix(parts: readonly Node[]): string {
  let prefix = '';
  for (const part of parts) {
    const code = literalCode(part);
    if (code < 0) break;
    prefix += String.fromCharCode(code);
  }
  return prefix;
}

function leadingSegments(parts: readonly Node[]): (string | null)[] {
  const segments: (string | null)[] = [];
  if (parts.length === 0 || literalCode(parts[0]!) !== SLASH) return segments;
  let current: string | null = '';
  for (const part of parts.slice(1)) {
    const code = literalCode(part);
    if (code === SLASH) {
      segments.push(current);
      current = '';
    } else if (code >= 0) current = current === null ? null : current + String.fromCharCode(code);
    else if (mayTakeSlash(part)) break;
    // The end of the text completes a segment; another assertion takes nothing.
    else if (part.kind === 'assert' && part.test === 'text-end') {
      segments.push(current);
      break;
    } else if (part.kind !== 'assert') current = null;
  }
  return segments;
}

/** The ASCII code of a part that is one character; -1 for any other. */
function literalCode(node: Node): number {
  return node.kind === 'class' && node.chars.only < ASCII_END ? node.chars.only : -1;
}

function mayTakeSlash(node: Node): boolean {
  switch (node.kind) {
    case 'class':
      return node.chars.has(SLASH);
    case 'assert':
      return false;
    case 'concat':
      return node.parts.some(mayTakeSlash);
    case 'choice':
      return node.options.some(mayTakeSlash);
    default:
      return mayTakeSlash(node.body);
  }
}
