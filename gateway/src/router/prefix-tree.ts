/** Finds all entries whose text is a prefix of a path, by walking a compressed tree of characters once. */
import type { Matcher } from './matcher.js';
import type { Probe } from './probe.js';

export class PrefixTree {
  private children: Map<number, PrefixTree> | null = null;
  private readonly matchers: Matcher[] = [];
  /** The lowest rank here and below. */
  private least = Number.POSITIVE_INFINITY;

  constructor(private edge = '') {}

  get isEmpty(): boolean {
    return this.least === Number.POSITIVE_INFINITY;
  }

  add(prefix: string, matcher: Matcher): void {
    this.least = Math.min(this.least, matcher.rank);
    if (prefix === '') {
      addOnce(this.matchers, matcher);
      return;
    }
    this.children ??= new Map();
    const child = this.children.get(prefix.charCodeAt(0));
    if (!child) {
      const leaf = new PrefixTree(prefix);
      leaf.add('', matcher);
      this.children.set(prefix.charCodeAt(0), leaf);
      return;
    }
    const shared = sharedLength(child.edge, prefix);
    const parent = shared < child.edge.length ? child.split(shared) : child;
    this.children.set(prefix.charCodeAt(0), parent);
    parent.add(prefix.slice(shared), matcher);
  }

  /** A node for the first part of this one's edge, with this one below. */
  private split(length: number): PrefixTree {
    const parent = new PrefixTree(this.edge.slice(0, length));
    this.edge = this.edge.slice(length);
    parent.children = new Map([[this.edge.charCodeAt(0), this]]);
    parent.least = this.least;
    return parent;
  }

  /** Puts the entries of every prefix of the path before the probe. */
  visit(probe: Probe): void {
    const { path } = probe;
    let node: PrefixTree = this;
    for (let position = 0; ; ) {
      if (node.matchers.length > 0) probe.consider(node.matchers);
      const child = node.children?.get(path.charCodeAt(position));
      if (!child || child.least >= probe.limit || !path.startsWith(child.edge, position)) return;
      position += child.edge.length;
      node = child;
    }
  }
}

/** Adds to a list what comes in order of rank, each once though it may have several paths. */
export function addOnce(matchers: Matcher[], matcher: Matcher): void {
  if (matchers.at(-1) !== matcher) matchers.push(matcher);
}

function sharedLength(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one.charCodeAt(length) === other.charCodeAt(length)) length++;
  return length;
}
