import type { Fault } from '../types.js';
import { entries } from './entities.js';
import type { Origins } from './origins.js';
import { isTree, type Source, type Tree } from './source.js';

/** A state file ready to be merged or written: decK's `_info` applied and taken off. */
export interface Prepared {
  file: string;
  /** decK's select_tags: every entity of the file carries them. */
  tags: string[];
  /** Entities only. */
  tree: Tree;
  faults: Fault[];
}

/** Which list's entities each part of `_info.defaults` completes. */
const defaultKinds: Readonly<Record<string, string>> = { service: 'services', route: 'routes', upstream: 'upstreams', target: 'targets' };

/**
 * Applies what `_info` says as decK does: `defaults` fill in fields that an entity leaves out, `select_tags` mark every entity.
 * With `alone`, routes lose their hosts unless the operator named some; a host `*` always means any.
 */
export function prepareSource(source: Source, origins: Origins, alone: boolean): Prepared {
  const faults = [...source.faults];
  const { _format_version: version, _info: info, ...tree } = source.tree;
  const fault = (path: string, message: string, hint?: string) => {
    const place = origins.locate(source.tree, path);
    faults.push({ file: place?.file ?? source.file, path, message, ...(hint !== undefined && { hint }) });
  };
  if (source.faults.length === 0 && version !== '3.0') fault('_format_version', 'expected "3.0", in quotes');
  const settings = isTree(info) ? info : {};
  for (const key of Object.keys(settings)) {
    if (key !== 'select_tags' && key !== 'defaults') fault(`_info.${key}`, 'only select_tags and defaults are understood here');
  }
  for (const key of Object.keys(tree)) {
    if (key.startsWith('_')) fault(key, 'not understood in a state file', 'use YAML anchors for what repeats');
  }
  const tags = tagsOf(settings, source, fault);
  applyDefaults(tree, settings['defaults'], origins, fault);
  for (const { kind, entity } of entries(tree)) {
    if (kind === 'routes') relaxHosts(entity, origins, alone);
    entity['tags'] = stampTags(entity['tags'], tags);
  }
  return { file: source.file, tags, tree, faults };
}

type Report = (path: string, message: string, hint?: string) => void;

function tagsOf(settings: Tree, source: Source, fault: Report): string[] {
  const tags = settings['select_tags'];
  if (Array.isArray(tags) && tags.length > 0 && tags.every((tag) => typeof tag === 'string')) return tags;
  if (source.faults.length === 0)
    fault('_info.select_tags', 'expected a list of at least one tag', 'decK needs it to sync this file and no other');
  return [];
}

function stampTags(own: unknown, tags: string[]): unknown {
  if (own !== undefined && own !== null && !Array.isArray(own)) return own;
  return [...new Set([...tags, ...(own ?? [])])];
}

function applyDefaults(tree: Tree, defaults: unknown, origins: Origins, fault: Report): void {
  if (!isTree(defaults)) {
    if (defaults !== undefined) fault('_info.defaults', 'expected an object');
    return;
  }
  for (const kind of Object.keys(defaults)) {
    if (!Object.hasOwn(defaultKinds, kind)) fault(`_info.defaults.${kind}`, `expected one of ${Object.keys(defaultKinds).join(', ')}`);
  }
  for (const { kind, entity } of entries(tree)) {
    const name = Object.keys(defaultKinds).find((key) => defaultKinds[key] === kind);
    const filling = name === undefined ? undefined : defaults[name];
    if (isTree(filling)) fill(entity, filling, origins);
  }
}

/** Adds what `entity` lacks; objects are filled in depth. */
function fill(entity: Tree, filling: Tree, origins: Origins): void {
  for (const [key, value] of Object.entries(filling)) {
    const own = entity[key];
    if (own === undefined || own === null) entity[key] = origins.clone(value);
    else if (isTree(own) && isTree(value)) fill(own, value, origins);
  }
}

function relaxHosts(route: Tree, origins: Origins, alone: boolean): void {
  const { hosts } = route;
  if (!Array.isArray(hosts)) return;
  const named = [...(origins.get(hosts)?.variables.values() ?? [])].flat().some((found) => found.explicit);
  if (hosts.includes('*') || (alone && !named)) delete route['hosts'];
}
