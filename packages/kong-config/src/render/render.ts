import { Environment } from '../env/environment.js';
import type { Fault, Loaded } from '../types.js';
import { checkFusion, fuse, type Transport } from './fuse.js';
import { completeGuard } from './guard.js';
import { findDuplicates, mergeTrees } from './merge.js';
import { Origins } from './origins.js';
import { checkPluginOrder } from './plugin-order.js';
import { type Prepared, prepareSource } from './prepare.js';
import { renameSecrets } from './secret-names.js';
import { readSource, type Tree } from './source.js';
import { writeYaml } from './write.js';

/** A state file as it was read. */
export interface StateFile {
  /** For messages: relative to the repository. */
  file: string;
  text: string;
  /** The system it belongs to; null for what all share. */
  system: string | null;
}

/** What to render, from what. */
export interface RenderInput {
  files: readonly StateFile[];
  /** What the operator set. */
  values: Readonly<Record<string, string | undefined>>;
  /** The documented defaults. */
  defaults: Readonly<Record<string, string | undefined>>;
  /** All systems there are, whether rendered or not. */
  systems: readonly string[];
  /** Reads a rendered file and names its faults. */
  parse: (text: string, file: string) => Loaded;
  /** For Kong itself: how it asks our policies. Unset: as the sources say it, for the embedded plane. */
  transport?: Transport;
  /** Whether each route's policies become one plugin; only with a transport, and then by default. */
  fuse?: boolean;
}

/** Files as texts (those for decK only when asked for), or everything that is wrong. */
export type Rendered =
  | { faults: []; dbless: string; deck: () => { name: string; text: string }[] }
  | { faults: Fault[]; dbless: null; deck: null };

const origin = 'Written by `gatehouse render` from kong/systems and kong/platform. Change those, then run `make render`.';

/**
 * Renders state files: resolves their environment, applies decK's `_info`, checks everything, and writes the one file that a DB-less
 * Kong reads and the tagged files that decK syncs. With the files of a single system, it is served alone: on any host.
 */
export function render(input: RenderInput): Rendered {
  const origins = new Origins();
  const rendered = [...new Set(input.files.flatMap(({ system }) => system ?? []))];
  const alone = rendered.length === 1 ? rendered[0] : undefined;
  const environment = new Environment({ values: input.values, defaults: input.defaults, systems: input.systems, alone });
  const prepared = input.files.map(({ file, text, system }) => {
    const source = readSource(file, text, environment, origins);
    return prepareSource(source, origins, alone !== undefined && system === alone);
  });
  completeGuard(prepared, rendered, alone);
  renameSecrets(prepared, environment);
  const merged = mergeTrees(prepared);
  const faults = [
    ...prepared.flatMap((one) => one.faults),
    ...findDuplicates(merged, origins),
    ...checkPluginOrder(merged, origins),
    // Before the schemas, which say less of a policy that is bound to a consumer: the first word on a place is the one that is told.
    ...(input.transport ? checkFusion(merged, origins) : []),
    ...schemaFaults(merged, origins, input.parse),
  ];
  if (faults.length > 0) return { faults: firstPerPlace(faults), dbless: null, deck: null };
  if (input.transport && input.fuse !== false) {
    const trees = prepared.map(({ tree }) => tree);
    fuse(merged, trees, input.transport);
  }
  const dbless = writeYaml(mergeTrees(prepared), [origin, `Systems: ${rendered.sort().join(', ') || 'none'}.`]);
  return { faults: [], dbless, deck: () => deckFiles(prepared) };
}

/** Checks the merged configuration as it stands, in the order of the sources, and tells faults in the sources' terms. */
function schemaFaults(merged: Tree, origins: Origins, parse: RenderInput['parse']): Fault[] {
  const { faults } = parse(JSON.stringify(merged), 'the merged configuration');
  return faults.map((fault) => origins.explain(merged, fault));
}

/** Of several faults at one place (or inside it), or on one line that aliases repeat, only the first: the others follow from it. */
function firstPerPlace(faults: Fault[]): Fault[] {
  const kept: Fault[] = [];
  for (const fault of faults) {
    const follows = kept.some((earlier) => (sameFile(earlier, fault) && covers(earlier.path, fault.path)) || sameLine(earlier, fault));
    if (!follows) kept.push(fault);
  }
  return kept;
}

function sameFile(a: Fault, b: Fault): boolean {
  return a.file.replace(/:\d+$/, '') === b.file.replace(/:\d+$/, '');
}

function sameLine(a: Fault, b: Fault): boolean {
  return a.file === b.file && a.message === b.message;
}

function covers(outer: string, inner: string): boolean {
  return outer !== '' && (inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`));
}

/** One file per set of tags: decK takes what it is given as all there is under those tags. */
function deckFiles(prepared: readonly Prepared[]): { name: string; text: string }[] {
  const byTags = Map.groupBy(prepared, ({ tags }) => tags.join('.'));
  return [...byTags].map(([name, files]) => {
    const { _format_version, ...tree } = mergeTrees(files);
    const text = writeYaml({ _format_version, _info: { select_tags: files[0]?.tags }, ...tree }, [
      origin,
      'Sync it with `deck gateway sync`.',
    ]);
    return { name: `${name}.yml`, text };
  });
}
