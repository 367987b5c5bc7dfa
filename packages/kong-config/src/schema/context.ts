import type { Node } from './node.js';
import type { Dict } from './types.js';

/** Keys and indices from the root of the file. */
export type PathPart = string | number;

export interface RawFault {
  path: string;
  message: string;
  hint?: string;
}

/** Answers what the generic interpreter cannot know: other entities, and the world outside. */
export interface Hooks {
  /** An entity nested in another one (or in the file); returns it completed. */
  entity(node: Node, value: Dict, context: Context): unknown;
  /** A foreign key; returns it as written. */
  foreign(name: string, node: Node, value: unknown, context: Context): unknown;
  /** A value for an `auto` field, or undefined to leave it out. */
  auto(name: string, node: Node, context: Context): unknown;
  /** What a `{vault://…}` reference stands for. */
  reference(text: string, context: Context): unknown;
  /** What to say about a field that nobody knows. */
  unknownField?(name: string, known: Iterable<string>, context: Context): string | undefined;
  /** What to say about a fault of a value. */
  hint?(message: string, value: unknown, node: Node): string | undefined;
}

const MAX_FAULTS = 500;
/** Hints that have to be looked for are given to the first faults alone. */
const MAX_HINTS = 50;

/** `services[0].routes[1].paths[0]`; keys that aren't names are quoted. */
export function pathText(parts: readonly PathPart[]): string {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w@#-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** Where the interpreter is, and what it found; one per file. */
export class Context {
  readonly path: PathPart[] = [];
  readonly faults: RawFault[] = [];
  /** All faults met, also those past the limit of what is kept. */
  count = 0;

  constructor(readonly hooks: Hooks) {}

  /** Whether the next fault is worth a hint that takes time to find. */
  get wantsHints(): boolean {
    return this.faults.length < MAX_HINTS;
  }

  /** Notes a fault here, or at `below` this place. */
  fault(message: string, hint?: string, below: readonly PathPart[] = []): void {
    this.faultAt([...this.path, ...below], message, hint);
  }

  /** Notes a fault at any place. */
  faultAt(path: readonly PathPart[], message: string, hint?: string): void {
    this.count += 1;
    if (this.faults.length >= MAX_FAULTS) return;
    const place = pathText(path);
    this.faults.push(hint === undefined ? { path: place, message } : { path: place, message, hint });
  }
}
