/** Finds patterns by the segments that they spell out, past segments that vary (`/users/<any>/posts`). */
import type { Matcher } from './matcher.js';
import { addOnce } from './prefix-tree.js';
import type { Probe } from './probe.js';

export class SegmentTree {
  private readonly named = new Map<string, SegmentTree>();
  private varying: SegmentTree | null = null;
  private readonly matchers: Matcher[] = [];
  private least = Number.POSITIVE_INFINITY;

  /** @param segments after the first slash; null for one that varies */
  add(segments: readonly (string | null)[], matcher: Matcher): void {
    let node: SegmentTree = this;
    for (const segment of segments) {
      node.least = Math.min(node.least, matcher.rank);
      node = node.child(segment);
    }
    node.least = Math.min(node.least, matcher.rank);
    addOnce(node.matchers, matcher);
  }

  private child(segment: string | null): SegmentTree {
    if (segment === null) {
      this.varying ??= new SegmentTree();
      return this.varying;
    }
    let child = this.named.get(segment);
    if (!child) {
      child = new SegmentTree();
      this.named.set(segment, child);
    }
    return child;
  }

  /** Puts the entries that fit the path's segments from this position on before the probe. */
  visit(probe: Probe, position = 1): void {
    if (this.least >= probe.limit) return;
    if (this.matchers.length > 0) probe.consider(this.matchers);
    const { path } = probe;
    if (position > path.length || (this.varying === null && this.named.size === 0)) return;
    const slash = path.indexOf('/', position);
    const end = slash < 0 ? path.length : slash;
    if (this.named.size > 0) this.named.get(path.slice(position, end))?.visit(probe, end + 1);
    this.varying?.visit(probe, end + 1);
  }
}
