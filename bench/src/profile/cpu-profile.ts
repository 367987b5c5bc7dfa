/** Reads what `node --cpu-prof` writes: the Chrome DevTools protocol's Profiler.Profile. */
import { BenchError } from '../errors.js';

/** Where a function stands. */
export interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  /** From 0. */
  readonly lineNumber: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** Microseconds of the machine's monotonic clock. */
  readonly startTime: number;
  /** Node ids. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

/** A function, on one path of calls. */
export interface Call {
  readonly name: string;
  /** `gateway/dist/proxy/forward.js:120`, `node:http`, or empty for what V8 names itself, such as `(garbage collector)`. */
  readonly place: string;
  readonly group: string;
  /** Microseconds in the function itself. */
  readonly self: number;
  /** The same with all that it called. */
  readonly total: number;
  readonly calls: readonly Call[];
}

/** One function over all paths. */
export interface FunctionTime {
  readonly name: string;
  readonly place: string;
  readonly group: string;
  self: number;
  total: number;
}

/** Throws BenchError for another kind of file. */
export function parseProfile(text: string): CpuProfile {
  const profile = JSON.parse(text) as Partial<CpuProfile>;
  if (!profile.nodes || !profile.samples || !profile.timeDeltas || profile.startTime === undefined)
    throw new BenchError('not a CPU profile');
  return profile as CpuProfile;
}

/** Where a file belongs: npm packages by name, Node's own modules together, our parts by their folder. */
export function groupOf(place: string): string {
  if (place === '') return 'V8 and native';
  if (place.startsWith('node:')) return 'Node';
  if (place.startsWith('wasm:')) return 'WebAssembly';
  const npm = /node_modules\/((?:@[^/]+\/)?[^/:]+)/.exec(place);
  if (npm) return npm[1]!;
  return /^((?:packages\/)?[^/]+)\//.exec(place)?.[1] ?? 'other';
}

/** A function's file and line, below the repository or its package. */
export function placeOf(frame: CallFrame, root: string): string {
  if (frame.url === '') return '';
  if (frame.url.startsWith('node:')) return frame.url;
  const file = decodeURIComponent(frame.url.replace(/^file:\/\//, ''));
  const npm = file.lastIndexOf('node_modules/');
  const short = npm >= 0 ? file.slice(npm) : file.replace(`${root}/`, '');
  return `${short}:${frame.lineNumber + 1}`;
}

/** Microseconds per node id, of the samples between two moments of the monotonic clock (microseconds). */
function selfTimes(profile: CpuProfile, from: number, to: number): Map<number, number> {
  const self = new Map<number, number>();
  let now = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    // A delta precedes its sample; the time until the next sample is what the function used.
    now += profile.timeDeltas[index] ?? 0;
    const used = profile.timeDeltas[index + 1] ?? 0;
    if (now >= from && now <= to && used > 0) self.set(id, (self.get(id) ?? 0) + used);
  }
  return self;
}

/** The tree of calls between two moments, without those that used no time, the costliest first. The program's idle time is left out. */
export function callTree(profile: CpuProfile, root: string, from = 0, to = Number.POSITIVE_INFINITY): Call {
  const self = selfTimes(profile, from, to);
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const build = (id: number): Call | null => {
    const node = nodes.get(id);
    if (!node || node.callFrame.functionName === '(idle)') return null;
    const calls = (node.children ?? []).flatMap((child) => build(child) ?? []).sort((a, b) => b.total - a.total);
    const own = self.get(id) ?? 0;
    const total = calls.reduce((sum, call) => sum + call.total, own);
    if (total === 0) return null;
    const place = placeOf(node.callFrame, root);
    return { name: node.callFrame.functionName || '(anonymous)', place, group: groupOf(place), self: own, total, calls };
  };
  const top = profile.nodes[0] ? build(profile.nodes[0].id) : null;
  if (!top) throw new BenchError('the profile has no sample of the time of the load');
  return top;
}

/** Sums up each function; one that calls itself counts once in `total`. The costliest by itself first. */
export function functionTimes(tree: Call): FunctionTime[] {
  const found = new Map<string, FunctionTime>();
  const visit = (call: Call, above: ReadonlySet<string>): void => {
    const key = `${call.name} ${call.place}`;
    const entry = found.get(key) ?? { name: call.name, place: call.place, group: call.group, self: 0, total: 0 };
    found.set(key, entry);
    entry.self += call.self;
    if (!above.has(key)) entry.total += call.total;
    const path = new Set(above).add(key);
    for (const each of call.calls) visit(each, path);
  };
  visit(tree, new Set());
  return [...found.values()].sort((a, b) => b.self - a.self);
}

/** Microseconds by a key of the function, such as its group or its file, the costliest first. */
export function timesBy(functions: readonly FunctionTime[], keyOf: (each: FunctionTime) => string): [key: string, self: number][] {
  const sums = new Map<string, number>();
  for (const each of functions) {
    const key = keyOf(each);
    sums.set(key, (sums.get(key) ?? 0) + each.self);
  }
  return [...sums].sort((a, b) => b[1] - a[1]);
}

/** The file without the line; empty for what has none. */
export function fileOf(each: FunctionTime): string {
  return each.place.replace(/:\d+$/, '');
}
