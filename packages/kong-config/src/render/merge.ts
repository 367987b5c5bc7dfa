import type { Fault } from '../types.js';
import { entries, isEntityList, nameOf } from './entities.js';
import type { Origins } from './origins.js';
import type { Prepared } from './prepare.js';
import type { Tree } from './source.js';

/** Kinds whose name (or user name) may stand only once in a whole configuration. */
const uniqueKinds = new Set(['services', 'routes', 'upstreams', 'consumers', 'consumer_groups', 'vaults']);

/** Puts prepared files into one configuration: the entities of each list, one after the other. */
export function mergeTrees(prepared: readonly Prepared[]): Tree {
  const merged: Tree = { _format_version: '3.0' };
  for (const { tree } of prepared) {
    for (const [key, value] of Object.entries(tree)) {
      const list = merged[key];
      merged[key] = isEntityList(key) && Array.isArray(list) && Array.isArray(value) ? [...list, ...value] : value;
    }
  }
  return merged;
}

/** Finds entities of one kind that share a name, in one file or in two. */
export function findDuplicates(merged: Tree, origins: Origins): Fault[] {
  const seen = new Map<string, Tree>();
  const faults: Fault[] = [];
  for (const { kind, entity } of entries(merged)) {
    const name = nameOf(entity);
    if (!uniqueKinds.has(kind) || name === '') continue;
    const first = seen.get(`${kind} ${name}`);
    if (first === undefined) {
      seen.set(`${kind} ${name}`, entity);
      continue;
    }
    const place = origins.locate(entity, 'name');
    const other = origins.locate(first, 'name');
    const where = other ? ` (${other.file})` : '';
    const message = `two ${kind} have the name "${name}"`;
    faults.push({ file: place?.file ?? '', path: place?.path ?? kind, message, hint: `the other one is ${other?.path ?? kind}${where}` });
  }
  return faults;
}
