import { hash } from 'node:crypto';
import type { Dict, EntitySchema } from '../schema/types.js';

/** The namespace in which Kong names its entities. */
const ROOT = 'fd02801f-0957-4a15-a55a-c8d9606f30b5';
const namespaces = new Map<string, Buffer>();

function toBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

/** RFC 9562 section 5.5; with 4 as its version it looks like a random one. */
function uuidOf(namespace: Buffer, name: string, version: 4 | 5 = 5): string {
  const hex = hash('sha1', Buffer.concat([namespace, Buffer.from(name)]), 'hex');
  const variant = ((Number.parseInt(hex[16] as string, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * The id that Kong gives an entity of a declarative file.
 *
 * @param entity such as `routes`
 * @param key its name, or what {@link keyOf} makes up for entities without one
 */
export function uuidV5For(entity: string, key: string): string {
  return uuidOf(namespaceOf(entity), key);
}

/**
 * The id of an entity whose id Kong makes up: in the form of a random one, but the same in every process and after every reload.
 *
 * @param place where in the file it stands
 */
export function stableUuidFor(entity: string, place: string): string {
  return uuidOf(namespaceOf(entity), `@${place}`, 4);
}

function namespaceOf(entity: string): Buffer {
  let namespace = namespaces.get(entity);
  if (namespace === undefined) {
    namespace = toBytes(uuidOf(toBytes(ROOT), entity));
    if (namespaces.size < 100) namespaces.set(entity, namespace);
  }
  return namespace;
}

/** An entity's outer entity, by the field that refers to it. */
export interface Parent {
  via: string;
  id: string;
}

function cacheKey(schema: EntitySchema, fields: readonly string[], item: Dict, parent: Parent | null): string | null {
  const parts = [schema.name, '*'];
  for (const name of fields) {
    const field = schema.fields[name];
    const value = item[name];
    if (field?.auto === true) return null;
    if (typeof value === 'string') parts.push(value);
    else if (value === undefined && name === parent?.via) parts.push(parent.id);
    else if (value === undefined && field?.required === true) return null;
    else if (value === undefined) parts.push('');
  }
  return parts.join(':');
}

/**
 * What an entity's id is made from, as Kong does it, or null where Kong makes up a random one.
 *
 * @param item as it stands in the file
 */
export function keyOf(schema: EntitySchema, item: Dict, parent: Parent | null): string | null {
  if (schema.cache_key !== undefined) return cacheKey(schema, schema.cache_key, item, parent);
  const key = schema.endpoint_key === undefined ? undefined : item[schema.endpoint_key];
  return typeof key === 'string' ? key : null;
}
