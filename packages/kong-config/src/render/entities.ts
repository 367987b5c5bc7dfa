import { isTree, type Tree } from './source.js';

/** Lists of entities that may stand in a state file, at its top or inside other entities. Every other key is a field. */
const entityLists = new Set([
  'services',
  'routes',
  'plugins',
  'upstreams',
  'targets',
  'consumers',
  'consumer_groups',
  'certificates',
  'ca_certificates',
  'snis',
  'vaults',
  'keys',
  'key_sets',
  'acls',
  'keyauth_credentials',
  'basicauth_credentials',
  'hmacauth_credentials',
  'jwt_secrets',
  'oauth2_credentials',
  'mtls_auth_credentials',
]);

/** True for a key that holds a list of entities (`routes`) and not a field of one (`paths`). */
export function isEntityList(key: string): boolean {
  return entityLists.has(key);
}

/** An entity of a state file, and what stands around it. */
export interface Entry {
  /** The list it stands in: `routes`. */
  kind: string;
  entity: Tree;
  /** The entity that it is nested in, if any. */
  parent: Entry | null;
}

/** Every entity of a file or of a merged configuration, outer ones before those nested in them. */
export function* entries(tree: Tree, parent: Entry | null = null): Generator<Entry> {
  for (const [kind, list] of Object.entries(tree)) {
    if (!isEntityList(kind) || !Array.isArray(list)) continue;
    for (const entity of list) {
      if (!isTree(entity)) continue;
      const entry = { kind, entity, parent };
      yield entry;
      yield* entries(entity, entry);
    }
  }
}

/** What an entity is called by: its name, user name, target …; empty when it has nothing of the kind. */
export function nameOf(entity: Tree): string {
  for (const field of ['name', 'username', 'target', 'custom_id', 'id']) {
    const value = entity[field];
    if (typeof value === 'string') return value;
  }
  return '';
}
