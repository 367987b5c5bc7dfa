import { stringify } from 'yaml';
import { isEntityList, nameOf } from './entities.js';
import { isTree, type Tree } from './source.js';

/**
 * Writes a configuration as YAML that is the same for the same content, whatever the order in the sources: entities by name, fields
 * by name (the name itself first, nested entities last), lists of values in their own order. Fields that are null are left out.
 *
 * @param header comment lines above it, without `#`
 */
export function writeYaml(tree: Tree, header: readonly string[]): string {
  const comment = header.map((line) => `# ${line}\n`).join('');
  return comment + stringify(orderEntity(tree), { lineWidth: 0, aliasDuplicateObjects: false, version: '1.2' });
}

function orderEntity(entity: Tree): Tree {
  const ordered: Tree = {};
  for (const key of Object.keys(entity).sort(byRank)) {
    const value = entity[key];
    if (value === null || value === undefined) continue;
    ordered[key] = isEntityList(key) && Array.isArray(value) ? orderEntities(value) : orderValue(value);
  }
  return ordered;
}

function orderEntities(list: unknown[]): unknown[] {
  const ordered = list.map((item) => (isTree(item) ? orderEntity(item) : item));
  const keyed = ordered.map((item) => ({ item, name: isTree(item) ? nameOf(item) : '', text: JSON.stringify(item) }));
  return keyed.sort((a, b) => compare(a.name, b.name) || compare(a.text, b.text)).map(({ item }) => item);
}

function orderValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(orderValue);
  if (!isTree(value)) return value;
  const ordered: Tree = {};
  for (const key of Object.keys(value).sort(compare)) {
    if (value[key] !== null && value[key] !== undefined) ordered[key] = orderValue(value[key]);
  }
  return ordered;
}

function byRank(a: string, b: string): number {
  return rank(a) - rank(b) || compare(a, b);
}

function rank(key: string): number {
  if (key.startsWith('_')) return 0;
  if (key === 'name' || key === 'username' || key === 'target') return 1;
  return isEntityList(key) ? 3 : 2;
}

/** By code units, so that no locale changes the order. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
