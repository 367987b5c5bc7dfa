/** Allocations by function, from a sampling heap profile (Chrome DevTools protocol: HeapProfiler.SamplingHeapProfile). */
import { BenchError } from '../errors.js';
import { type Call, type CallFrame, groupOf, placeOf } from './cpu-profile.js';

export interface HeapNode {
  readonly callFrame: CallFrame;
  /** Bytes. */
  readonly selfSize: number;
  readonly children: readonly HeapNode[];
}

/** The tree of calls with bytes instead of microseconds, those that allocated nothing left out, the costliest first. */
export function allocationTree(head: HeapNode, root: string): Call {
  const tree = build(head, root);
  if (!tree) throw new BenchError('the profile has no allocation of the time of the load');
  return tree;
}

function build(node: HeapNode, root: string): Call | null {
  const calls = node.children.flatMap((child) => build(child, root) ?? []).sort((a, b) => b.total - a.total);
  const total = calls.reduce((sum, call) => sum + call.total, node.selfSize);
  if (total === 0) return null;
  const place = placeOf(node.callFrame, root);
  return { name: node.callFrame.functionName || '(anonymous)', place, group: groupOf(place), self: node.selfSize, total, calls };
}
