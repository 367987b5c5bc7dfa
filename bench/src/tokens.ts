/** Tokens for the scenarios that need somebody signed in. The keys live as long as the process: none is in the repository. */
import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export type TokenAlgorithm = 'HS256' | 'RS256';

/** Signs HS256. */
export const secret = randomBytes(32).toString('hex');

/** Long ago and far away in Unix seconds, so that no clock matters. */
const issuedAt = 1_700_000_000;
const expiresAt = 4_102_444_800;

let pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } | undefined;

/** Signs RS256: made when it is first needed. */
function rsa(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  pair ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
  return pair;
}

/** PEM. */
export function publicKey(): string {
  return rsa().publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function signature(algorithm: TokenAlgorithm, input: string, key: string): string {
  if (algorithm === 'HS256') return createHmac('sha256', key).update(input).digest('base64url');
  return sign('sha256', Buffer.from(input), rsa().privateKey).toString('base64url');
}

/**
 * A token as an identity service gives it out (RFC 7519), good until 2100.
 * @param permissions what its user may do
 * @param key of HS256; another one makes it a forged token
 */
export function token(algorithm: TokenAlgorithm, user: string, permissions: readonly string[], key: string = secret): string {
  const claims = { sub: user, role: 'buyer', permissions, sid: `s-${user}`, jti: `t-${user}`, iat: issuedAt, exp: expiresAt };
  const input = `${part({ alg: algorithm, typ: 'JWT' })}.${part(claims)}`;
  return `${input}.${signature(algorithm, input, key)}`;
}
