/** Keys that verify tokens: from configuration, or from a key set. */
import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { algorithmSpecs } from './algorithms.js';
import type { Algorithm } from './schema.js';

const KID_LENGTH_MAX = 256;
/** Kinds that are public. Whoever serves secrets (`oct`) or private keys is believed in neither. */
const PUBLIC_KINDS = new Set(['RSA', 'EC', 'OKP']);
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

/** A key with all that it may be used for. */
export interface VerifyKey {
  /** Null = for tokens that name another key or none. */
  readonly kid: string | null;
  readonly algorithms: readonly Algorithm[];
  readonly key: KeyObject;
}

/** A key as it was read, with what it says of itself. */
export interface ReadKey {
  readonly key: KeyObject;
  /** The one algorithm that it is for; undefined = every one that fits. */
  readonly alg: string | undefined;
  readonly kid: string | null;
}

/** The listed algorithms that a key fits; of one alone when the key says so. */
export function usable(key: KeyObject, listed: readonly Algorithm[], only?: string): Algorithm[] {
  return listed.filter((algorithm) => (only === undefined || only === algorithm) && algorithmSpecs[algorithm].fits(key));
}

/** A shared secret. */
export function secretKey(text: string): ReadKey {
  return { key: createSecretKey(Buffer.from(text, 'utf8')), alg: undefined, kid: null };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a key is meant for checking signatures (RFC 7517 sections 4.2, 4.3). */
function isForSignatures(jwk: Record<string, unknown>): boolean {
  const { use, key_ops: operations } = jwk;
  if (use !== undefined && use !== 'sig') return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

/** A public JWK that is meant for checking signatures; null for anything else. */
export function readJwk(jwk: unknown): ReadKey | null {
  if (!isRecord(jwk) || !PUBLIC_KINDS.has(String(jwk['kty'])) || !isForSignatures(jwk)) return null;
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return null;
  const { kid, alg } = jwk;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > KID_LENGTH_MAX)) return null;
  if (alg !== undefined && typeof alg !== 'string') return null;
  try {
    return { key: createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }), alg, kid: kid ?? null };
  } catch {
    return null;
  }
}

/**
 * A public key from PEM (a key or a certificate) or a JWK as JSON.
 * @throws Error for anything else, private keys included
 */
export function publicKey(text: string): ReadKey {
  if (text.trimStart().startsWith('{')) {
    const read = readJwk(JSON.parse(text));
    if (!read) throw new TypeError('must be a public JWK for signatures');
    return read;
  }
  if (text.includes('PRIVATE KEY')) throw new TypeError('a private key stands where a public one belongs');
  return { key: createPublicKey(text), alg: undefined, kid: null };
}

/** The keys that may have signed a token: those it names, and those with no name. */
export function candidates(keys: readonly VerifyKey[], algorithm: Algorithm, kid: string | null): VerifyKey[] {
  return keys.filter((key) => key.algorithms.includes(algorithm) && (key.kid === null || kid === null || key.kid === kid));
}
