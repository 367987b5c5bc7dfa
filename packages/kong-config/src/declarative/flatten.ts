import { createHash } from 'node:crypto';
import { certificateDigest } from '../entities/certificates.js';
import type { Dict, Field } from '../schema/types.js';
import type { Credential, KongConfig, Ref } from '../types.js';
import type { Item } from './items.js';
import type { Index } from './references.js';

const DROPPED = new Set(['created_at']);

function foreignId(item: Item, name: string, reference: string, index: Index): Ref | null {
  if (item.via === name && item.parent !== null) return { id: item.parent.id };
  const found = index.find(reference, item.data[name]);
  return found === undefined ? null : { id: found.id };
}

/** A null where a default would stand means the default: the data plane needs a value. */
function settled(field: Field, value: unknown): unknown {
  if (value === null || value === undefined) return field.default ?? null;
  if (field.type !== 'record' || field.abstract === true) return value;
  const fields = Object.entries(field.fields);
  return Object.fromEntries(fields.map(([name, inner]) => [name, settled(inner, (value as Dict)[name])]));
}

function flatEntry(item: Item, index: Index): Dict {
  const entry: Dict = {};
  for (const [name, field] of Object.entries(item.schema.fields)) {
    if (DROPPED.has(name)) continue;
    entry[name] = field.type === 'foreign' ? foreignId(item, name, field.reference, index) : settled(field, item.data[name]);
  }
  entry['id'] = item.id;
  if (item.schema.ttl === true && item.data['ttl'] != null) entry['ttl'] = item.data['ttl'];
  return entry;
}

/** Basic credentials are kept as Kong keeps them: the SHA-1 of the password with the consumer's id behind it. */
function hashPassword(entry: Dict): void {
  const consumer = entry['consumer'] as Ref | null;
  entry['password'] = createHash('sha1')
    .update(`${entry['password']}${consumer?.id ?? ''}`)
    .digest('hex');
}

function transform(entity: string, entry: Dict): void {
  if (entity === 'basicauth_credentials') hashPassword(entry);
  else if (entity === 'ca_certificates') entry['cert_digest'] = certificateDigest(String(entry['cert']));
}

function normaliseTarget(entry: Dict): void {
  const target = String(entry['target']);
  entry['target'] = withPort(target);
}

/** `host:port`, with Kong's default port 8000 where none is written; IPv6 stands in brackets. */
function withPort(target: string): string {
  if (/^\[.*\](:\d+)?$/.test(target)) return /\]:\d+$/.test(target) ? target : `${target}:8000`;
  const colons = target.split(':').length - 1;
  if (colons > 1) return `[${target}]:8000`;
  return /:\d+$/.test(target) ? target : `${target}:8000`;
}

const CREDENTIALS = ['keyauth_credentials', 'basicauth_credentials', 'hmacauth_credentials', 'jwt_secrets', 'acls'];

function emptyConfig(): KongConfig {
  return {
    services: [],
    routes: [],
    upstreams: [],
    targets: [],
    consumers: [],
    consumer_groups: [],
    consumer_group_consumers: [],
    plugins: [],
    certificates: [],
    snis: [],
    ca_certificates: [],
    vaults: [],
    key_sets: [],
    keys: [],
    credentials: Object.fromEntries(CREDENTIALS.map((name) => [name, [] as Credential[]])),
  };
}

/**
 * Lays the entities of a faultless file out flat, with every foreign key an id.
 *
 * @param derive compute what Kong computes under `_transform: true`: hashed passwords, digests of certificates
 */
export function flatten(items: readonly Item[], index: Index, derive: boolean): KongConfig {
  const config = emptyConfig();
  const lists = config as unknown as Record<string, Dict[]>;
  for (const item of items) {
    const entity = item.schema.name;
    const entry = flatEntry(item, index);
    if (entity === 'targets') normaliseTarget(entry);
    if (entity === 'plugins') entry['consumer_group'] = null;
    if (derive) transform(entity, entry);
    const list = config.credentials[entity] ?? lists[entity];
    list?.push(entry as Dict & Credential);
  }
  return config;
}
