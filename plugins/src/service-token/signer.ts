/** Signing compact JWS (RFC 7515) with the gateway's own key, and the key set that services check them by. */
import { createHash, createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, sign } from 'node:crypto';
import type { TokenSigner } from './policy.js';

const RSA_BITS_MIN = 2048;

/** Digest of each algorithm that the gateway signs with; null = the algorithm has its own. */
const DIGESTS: Readonly<Record<string, string | null>> = {
  ES256: 'sha256',
  ES384: 'sha384',
  ES512: 'sha512',
  EdDSA: null,
  RS256: 'sha256',
};
const CURVES: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

/** The algorithm that fits a key; null for a key that none fits. */
function algorithmFor(key: KeyObject): string | null {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'ec') return CURVES[details?.namedCurve ?? ''] ?? null;
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  return key.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= RSA_BITS_MIN ? 'RS256' : null;
}

/** A key's name: its thumbprint (RFC 7638), so that the same key has the same name on every node. */
function thumbprint({ kty, crv, x, y, n, e }: JsonWebKey): string {
  const members = Object.fromEntries(Object.entries({ crv, e, kty, n, x, y }).filter(([, value]) => value !== undefined));
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}

interface PublicEntry {
  readonly alg: string;
  readonly kid: string;
  readonly jwk: object;
}

function publicEntry(key: KeyObject): PublicEntry {
  const alg = algorithmFor(key);
  if (alg === null) throw new TypeError('the key is of no kind that is taken');
  const jwk = key.export({ format: 'jwk' });
  const kid = thumbprint(jwk);
  return { alg, kid, jwk: { ...jwk, kid, alg, use: 'sig' } };
}

function readPrivate(text: string): KeyObject {
  const jwk = text.trimStart().startsWith('{');
  return jwk ? createPrivateKey({ key: JSON.parse(text) as JsonWebKey, format: 'jwk' }) : createPrivateKey(text);
}

/** A public key, also out of a private one: the set never holds more than the public part. */
function readPublic(text: string): KeyObject {
  return createPublicKey(text.trimStart().startsWith('{') ? { key: JSON.parse(text) as JsonWebKey, format: 'jwk' } : text);
}

/** The public part of a retired key, as it stands in the key set. @throws Error for what is no key that is taken */
export function retiredKey(text: string): object {
  return publicEntry(readPublic(text)).jwk;
}

const segment = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * @param text the private key, PEM or JWK
 * @param retired entries of the key set beside it
 * @throws Error for what is no private key that is taken
 */
export function tokenSigner(text: string, retired: readonly object[]): TokenSigner {
  const key = readPrivate(text);
  const { alg, kid, jwk } = publicEntry(createPublicKey(key));
  const head = segment({ alg, kid, typ: 'JWT' });
  const digest = DIGESTS[alg]!;
  return {
    keySet: JSON.stringify({ keys: [jwk, ...retired] }),
    sign(claims) {
      const input = `${head}.${segment(claims)}`;
      const signature = sign(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
      return `${input}.${signature.toString('base64url')}`;
    },
  };
}
