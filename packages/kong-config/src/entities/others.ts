import { record, tags, timestamp, uuid } from '../schema/typedefs.js';
import type { Dict, EntitySchema, Subschema, Verdict } from '../schema/types.js';

const envVault: Subschema = {
  fields: {
    config: record({ prefix: { type: 'string', match: /^[a-zA-Z_-][a-zA-Z\d_-]*$/ } }),
  },
};

/** https://docs.konghq.com/gateway/3.9.x/admin-api/#vaults-object ; of the kinds of vaults only `env` is free of charge. */
export const vaults: EntitySchema = {
  name: 'vaults',
  endpoint_key: 'prefix',
  cache_key: ['prefix'],
  subschemas: {
    key: 'name',
    find: (name) => (name === 'env' ? envVault : undefined),
    unknown: (name) => `vault '${name}' is not installed`,
  },
  fields: {
    id: uuid,
    prefix: { type: 'string', required: true, unique: true, match: /^[a-z][a-z\d-]-[a-z\d]+$/, not_one_of: ['env'] },
    name: { type: 'string', required: true },
    description: { type: 'string' },
    config: { type: 'record', fields: {}, abstract: true },
    created_at: timestamp,
    tags,
  },
};

/** https://docs.konghq.com/gateway/3.9.x/admin-api/#key-sets-object */
export const keySets: EntitySchema = {
  name: 'key_sets',
  endpoint_key: 'name',
  fields: { id: uuid, name: { type: 'string', unique: true }, tags, created_at: timestamp },
};

function checkJwk(entity: Dict): Verdict {
  if (typeof entity['jwk'] !== 'string') return null;
  let jwk: unknown;
  try {
    jwk = JSON.parse(entity['jwk']);
  } catch {
    return 'could not json decode jwk string';
  }
  return (jwk as Dict | null)?.['kid'] === entity['kid'] ? null : 'kid in jwk.kid must be equal to keys.kid';
}

/** https://docs.konghq.com/gateway/3.9.x/admin-api/#keys-object */
export const keys: EntitySchema = {
  name: 'keys',
  endpoint_key: 'name',
  cache_key: ['kid', 'set'],
  fields: {
    id: uuid,
    set: { type: 'foreign', reference: 'key_sets' },
    name: { type: 'string', unique: true },
    kid: { type: 'string', required: true },
    jwk: { type: 'string', referenceable: true },
    pem: {
      ...record({ private_key: { type: 'string', referenceable: true }, public_key: { type: 'string', referenceable: true } }),
      required: false,
      entity_checks: [{ check: 'at_least_one_of', fields: ['private_key', 'public_key'] }],
    },
    tags,
    created_at: timestamp,
  },
  entity_checks: [
    { check: 'mutually_exclusive', fields: ['jwk', 'pem'] },
    { check: 'at_least_one_of', fields: ['jwk', 'pem'] },
    { check: 'custom', sources: ['jwk', 'kid'], fn: checkJwk },
  ],
};
