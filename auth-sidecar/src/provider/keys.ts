import { createPrivateKey, generateKeyPair, hash, type JsonWebKey } from 'node:crypto';
import { promisify } from 'node:util';

/** A private RSA key as a JWK with its name (RFC 7517). */
export interface SigningKey extends JsonWebKey {
  readonly kty: 'RSA';
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'RS256';
}

const generate = promisify(generateKeyPair);

/** A new RSA key of 2048 bits. */
export async function makeSigningKey(): Promise<SigningKey> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  return signingKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

/**
 * The key of a PEM text, named by its thumbprint (RFC 7638).
 * @throws Error when it is no RSA private key
 */
export function signingKey(pem: string): SigningKey {
  const jwk = createPrivateKey(pem).export({ format: 'jwk' });
  if (jwk.kty !== 'RSA') throw new Error('the signing key must be an RSA key');
  const kid = hash('sha256', JSON.stringify({ e: jwk.e, kty: jwk.kty, n: jwk.n }), 'base64url');
  return { ...jwk, kty: 'RSA', kid, use: 'sig', alg: 'RS256' };
}
