/** Makes one plugin of all policies of a route, as Kong runs it. */
import { policySchemas } from '../plugins/policies.js';
import type { Fault } from '../types.js';
import { type Entry, entries, isEntityList, nameOf } from './entities.js';
import type { Origins } from './origins.js';
import { pluginsOf } from './plugin-order.js';
import { isTree, type Tree } from './source.js';

/** How Kong asks the policies: over its plugin-server protocol, or from Lua over a socket of ours. */
export type Transport = 'pdk' | 'direct';

const fusedNames: Readonly<Record<Transport, string>> = { pdk: 'gatehouse', direct: 'gatehouse-direct' };
const systemTag = /^system-([a-z0-9-]{1,64})$/;

/** The plugins that are policies of ours, from what they generate for Kong. */
const policyNames = new Set(policySchemas().map(({ name }) => name));
const isPolicy = (entry: Entry): boolean => entry.kind === 'plugins' && policyNames.has(nameOf(entry.entity));

/** What stands in the way of running policies under Kong: one bound to a consumer, or no guard to refuse what none decided. */
export function checkFusion(merged: Tree, origins: Origins): Fault[] {
  const all = [...entries(merged)];
  const policies = all.filter(isPolicy);
  const bound = policies.filter(({ entity, parent }) => {
    return (parent?.kind ?? '').startsWith('consumer') || entity['consumer'] !== undefined || entity['consumer_group'] !== undefined;
  });
  const faults = bound.map((entry) => {
    const message = `"${nameOf(entry.entity)}" can't be bound to a consumer: a route's policies run as one, before a consumer is known`;
    return faultAt(entry.entity, 'consumer', message, 'bind it to the route, the service or nothing', origins);
  });
  const guarded = all.some(({ kind, entity, parent }) => kind === 'plugins' && parent === null && isGlobalGuard(entity));
  if (guarded || policies.length === 0) return faults;
  const hint = 'add a global plugin "guard": Kong lets requests through when a plugin server fails, and only the guard refuses them';
  return [...faults, faultAt(policies[0]!.entity, 'name', 'no guard stands behind this policy', hint, origins)];
}

function isGlobalGuard(entity: Tree): boolean {
  return entity['name'] === 'guard' && entity['enabled'] !== false && entity['route'] === undefined && entity['service'] === undefined;
}

function faultAt(entity: Tree, field: string, message: string, hint: string, origins: Origins): Fault {
  const place = origins.locate(entity, field);
  return { file: place?.file ?? '', path: place?.path ?? 'plugins', message, hint };
}

/**
 * Puts one plugin in place of each route's policies (its own, its service's and the global ones, as Kong's precedence has it), and
 * takes those out, also from services and from the top of the files.
 *
 * @param merged all files as one; shares its entities with `trees`
 * @param trees what is rewritten
 */
export function fuse(merged: Tree, trees: readonly Tree[], transport: Transport): void {
  const all = [...entries(merged)];
  const plugins = all.filter((entry) => entry.kind === 'plugins' && entry.entity['enabled'] !== false);
  const fused = new Map<Tree, Tree>();
  for (const route of all.filter((entry) => entry.kind === 'routes')) {
    const running = [...pluginsOf(route, plugins).values()].filter(isPolicy);
    if (running.length > 0) fused.set(route.entity, fusedPlugin(route, running, transport));
  }
  for (const tree of trees) dropPolicies(tree);
  for (const [route, plugin] of fused) route['plugins'] = [...(Array.isArray(route['plugins']) ? route['plugins'] : []), plugin];
}

function fusedPlugin(route: Entry, running: readonly Entry[], transport: Transport): Tree {
  const policies = running
    .map(({ entity }) => ({ name: nameOf(entity), system: systemOf([entity['tags']]), config: sorted(entity['config'] ?? {}) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const config = { system: systemOf([route.entity['tags'], route.parent?.entity['tags']]), policies: JSON.stringify(policies) };
  return { name: fusedNames[transport], config, tags: route.entity['tags'] };
}

/** The first system named in some lists of tags; empty for none. */
function systemOf(lists: readonly unknown[]): string {
  for (const tags of lists) {
    for (const tag of Array.isArray(tags) ? tags : []) {
      const match = systemTag.exec(String(tag));
      if (match) return match[1] ?? '';
    }
  }
  return '';
}

/** The same text for the same configuration: a policy server shares what is equal. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isTree(value)) return value;
  const names = Object.keys(value).filter((name) => value[name] !== null && value[name] !== undefined);
  return Object.fromEntries(names.sort().map((name) => [name, sorted(value[name])]));
}

function dropPolicies(tree: Tree): void {
  for (const [kind, list] of Object.entries(tree)) {
    if (!isEntityList(kind) || !Array.isArray(list)) continue;
    const kept = kind === 'plugins' ? list.filter((one) => !isTree(one) || !policyNames.has(nameOf(one))) : list;
    for (const entity of kept) if (isTree(entity)) dropPolicies(entity);
    if (kept.length === 0 && kind === 'plugins') delete tree[kind];
    else tree[kind] = kept;
  }
}
