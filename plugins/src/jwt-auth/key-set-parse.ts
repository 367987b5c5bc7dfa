/** Reading a JSON Web Key Set (RFC 7517) that somebody else serves. */
import { readJwk, usable, type VerifyKey } from './keys.js';
import type { Algorithm } from './schema.js';

/** Keys of a set that are looked at. */
const KEYS_MAX = 100;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function keyOf(jwk: unknown, listed: readonly Algorithm[]): VerifyKey | null {
  const read = readJwk(jwk);
  if (!read) return null;
  const algorithms = usable(read.key, listed, read.alg);
  return algorithms.length > 0 ? { kid: read.kid, algorithms, key: read.key } : null;
}

/**
 * The keys of a set that can check signatures by one of the listed algorithms; others are passed over.
 * @throws TypeError when it is no key set, or none of its keys serves
 */
export function parseKeySet(text: string, listed: readonly Algorithm[]): VerifyKey[] {
  const set: unknown = JSON.parse(text);
  if (!isRecord(set) || !Array.isArray(set['keys'])) throw new TypeError('no "keys" list');
  const keys = set['keys'].slice(0, KEYS_MAX).flatMap((jwk) => keyOf(jwk, listed) ?? []);
  if (keys.length === 0) throw new TypeError('no key that checks signatures by a listed algorithm');
  return keys;
}

/**
 * Where an issuer's discovery document (OpenID Connect Discovery 1.0 section 4) says that its keys are.
 * @throws TypeError when the document is another issuer's, or names no web address
 */
export function jwksUriOf(text: string, issuer: string): string {
  const document: unknown = JSON.parse(text);
  if (!isRecord(document) || document['issuer'] !== issuer) throw new TypeError('the discovery document is not this issuer’s');
  const uri = document['jwks_uri'];
  if (typeof uri !== 'string' || !/^https?:\/\//.test(uri)) throw new TypeError('no jwks_uri in the discovery document');
  return uri;
}
