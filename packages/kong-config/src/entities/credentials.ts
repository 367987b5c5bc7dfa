import { createPublicKey } from 'node:crypto';
import { tags, timestamp, uuid } from '../schema/typedefs.js';
import type { EntitySchema, Fields, ForeignField, StringField, Verdict } from '../schema/types.js';

const consumer: ForeignField = { type: 'foreign', reference: 'consumers', required: true };
const needed: StringField = { type: 'string', required: true };

function credential(name: string, fields: Fields, more: Partial<EntitySchema> = {}): EntitySchema {
  return { name, fields: { id: uuid, created_at: timestamp, consumer, ...fields, tags }, ...more };
}

function checkPublicKey(pem: string): Verdict {
  try {
    createPublicKey(pem);
    return null;
  } catch {
    return 'invalid key';
  }
}

const JWT_ALGORITHMS = 'HS256 HS384 HS512 RS256 RS384 RS512 ES256 ES384 ES512 PS256 PS384 PS512 EdDSA'.split(' ');

/** What the authentication plugins know consumers by: https://docs.konghq.com/hub/kong-inc/key-auth/ and so on. */
export const credentials: readonly EntitySchema[] = [
  credential(
    'keyauth_credentials',
    { key: { type: 'string', unique: true, auto: true } },
    { endpoint_key: 'key', cache_key: ['key'], ttl: true },
  ),
  credential(
    'basicauth_credentials',
    { username: { ...needed, unique: true }, password: needed },
    { endpoint_key: 'username', cache_key: ['username'], derived: { input: ['password'], needs: ['consumer'] } },
  ),
  credential(
    'hmacauth_credentials',
    { username: { ...needed, unique: true }, secret: { type: 'string', auto: true } },
    { endpoint_key: 'username', cache_key: ['username'] },
  ),
  credential(
    'jwt_secrets',
    {
      key: { type: 'string', unique: true, auto: true },
      secret: { type: 'string', auto: true },
      rsa_public_key: { type: 'string' },
      algorithm: { type: 'string', default: 'HS256', one_of: JWT_ALGORITHMS },
    },
    {
      endpoint_key: 'key',
      cache_key: ['key'],
      entity_checks: [
        {
          check: 'conditional',
          if_field: 'algorithm',
          if_match: { match_any: { patterns: [/^[RP]S(?:256|384|512)$/, /^EdDSA$/], err: 'not an algorithm of key pairs' } },
          then_field: 'rsa_public_key',
          then_match: { required: true, custom_validator: checkPublicKey },
        },
      ],
    },
  ),
  credential('acls', { group: needed }, { cache_key: ['consumer', 'group'] }),
];
