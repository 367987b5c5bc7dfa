/** What each algorithm wants of a key, and how its signatures are checked, with node:crypto. */
import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import type { Algorithm } from './schema.js';

/** RFC 7518 section 3.3: RSA keys of fewer bits are not taken. */
const RSA_BITS_MIN = 2048;

interface AlgorithmSpec {
  /** Whether a key is of the kind that the algorithm needs: this is what stops a public key from serving as a secret. */
  fits(key: KeyObject): boolean;
  verify(key: KeyObject, input: Buffer, signature: Buffer): boolean;
}

function hmac(hash: string): AlgorithmSpec {
  return {
    fits: (key) => key.type === 'secret',
    verify(key, input, signature) {
      const expected = createHmac(hash, key).update(input).digest();
      return expected.length === signature.length && timingSafeEqual(expected, signature);
    },
  };
}

const isRsa = (key: KeyObject): boolean =>
  key.type === 'public' && key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= RSA_BITS_MIN;

function rsa(hash: string): AlgorithmSpec {
  // PKCS #1 v1.5 is what Node takes for an RSA key anyway; saying so in an options object costs 30 µs a token.
  return { fits: isRsa, verify: (key, input, signature) => verify(hash, input, key, signature) };
}

function pss(hash: string): AlgorithmSpec {
  const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return { fits: isRsa, verify: (key, input, signature) => verify(hash, input, { key, ...options }, signature) };
}

/** @param bytes of a signature: two integers of the curve's size (RFC 7518 section 3.4) */
function ecdsa(hash: string, curve: string, bytes: number): AlgorithmSpec {
  return {
    fits: (key) => key.type === 'public' && key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === curve,
    verify: (key, input, signature) => signature.length === bytes && verify(hash, input, { key, dsaEncoding: 'ieee-p1363' }, signature),
  };
}

const eddsa: AlgorithmSpec = {
  fits: (key) => key.type === 'public' && key.asymmetricKeyType === 'ed25519',
  verify: (key, input, signature) => signature.length === 64 && verify(null, input, key, signature),
};

/** By `alg`. There is no entry for `none`. */
export const algorithmSpecs: Readonly<Record<Algorithm, AlgorithmSpec>> = {
  HS256: hmac('sha256'),
  HS384: hmac('sha384'),
  HS512: hmac('sha512'),
  RS256: rsa('sha256'),
  RS384: rsa('sha384'),
  RS512: rsa('sha512'),
  PS256: pss('sha256'),
  PS384: pss('sha384'),
  PS512: pss('sha512'),
  ES256: ecdsa('sha256', 'prime256v1', 64),
  ES384: ecdsa('sha384', 'secp384r1', 96),
  ES512: ecdsa('sha512', 'secp521r1', 132),
  EdDSA: eddsa,
};
