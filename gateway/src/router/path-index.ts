/** The routes of one host, by path. */
import type { Matcher } from './matcher.js';
import { addOnce, PrefixTree } from './prefix-tree.js';
import type { Probe } from './probe.js';
import type { Shape } from './regex/shape.js';
import { SegmentTree } from './segment-tree.js';

export class PathIndex {
  private readonly anywhere: Matcher[] = [];
  private readonly byPrefix = new PrefixTree();
  private readonly bySegments = new SegmentTree();
  private least = Number.POSITIVE_INFINITY;

  add(matcher: Matcher): void {
    this.least = Math.min(this.least, matcher.rank);
    const { prefixes, patterns } = matcher;
    for (const prefix of prefixes ?? []) this.byPrefix.add(prefix, matcher);
    for (const { shape } of patterns ?? []) this.addShape(shape, matcher);
    if (prefixes === null && patterns === null) addOnce(this.anywhere, matcher);
  }

  private addShape(shape: Shape, matcher: Matcher): void {
    const varying = shape.segments.indexOf(null);
    const isTold = varying >= 0 && shape.segments.some((segment, i) => i > varying && segment !== null);
    if (isTold) this.bySegments.add(shape.segments, matcher);
    else this.byPrefix.add(shape.prefix, matcher);
  }

  visit(probe: Probe): void {
    if (this.least >= probe.limit) return;
    this.byPrefix.visit(probe);
    this.bySegments.visit(probe);
    if (this.anywhere.length > 0) probe.consider(this.anywhere);
  }
}
