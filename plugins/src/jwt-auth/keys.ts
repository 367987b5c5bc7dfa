/** Keys that verify tokens: from configuration, or from a key set. */
import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { algorithmSpecs } from './algorithms.js';
import type { Algorithm } from './schema.js';

/** A key with all that it may be used for. */
export interface VerifyKey {
  /** Null = for tokens that name another key or none. */
  readonly kid: string | null;
  readonly algorithms: readonly Algorithm[];
  readonly key: KeyObject;
}

/** The listed algorithms that a key fits; of one alone when the key says so. */
export function usable(key: KeyObject, listed: readonly Algorithm[], only?: string): Algorithm[] {
  return listed.filter((algorithm) => (only === undefined || only === algorithm) && algorithmSpecs[algorithm].fits(key));
}

/** A shared secret. */
export function secretKey(text: string): KeyObject {
  return createSecretKey(Buffer.from(text, 'utf8'));
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/**
 * A public key from PEM (a key or a certificate) or a JWK as JSON.
 * @throws Error (of node:crypto or JSON) for anything else, private keys included
 */
export function publicKey(text: string): KeyObject {
  if (!text.trimStart().startsWith('{')) {
    if (text.includes('PRIVATE KEY')) throw new TypeError('a private key stands where a public one belongs');
    return createPublicKey(text);
  }
  const jwk: unknown = JSON.parse(text);
  if (!isRecord(jwk) || 'd' in jwk || 'k' in jwk) throw new TypeError('must be a public JWK');
  return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
}

/** The keys that may have signed a token: those it names, and those with no name. */
export function candidates(keys: readonly VerifyKey[], algorithm: Algorithm, kid: string | null): VerifyKey[] {
  return keys.filter((key) => key.algorithms.includes(algorithm) && (key.kid === null || kid === null || key.kid === kid));
}
