/** Tokens for tests, made without the code under test. */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** Unix seconds that the tests take for now. */
export const NOW_S = 1_800_000_000;
export const SECRET = '0123456789abcdef0123456789abcdef';

export const b64 = (value: unknown): string =>
  Buffer.from(typeof value === 'string' || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString('base64url');

export const claims = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  sub: 'u1',
  iat: NOW_S - 10,
  exp: NOW_S + 600,
  ...more,
});

/** A token with any header and payload, signed with HS256 unless another signature is given. */
export function raw(header: unknown, payload: unknown, secret: string | Buffer = SECRET, hash = 'sha256'): string {
  const input = `${b64(header)}.${b64(payload)}`;
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`;
}

export const hs256 = (payload: unknown = claims(), header: object = {}, secret: string | Buffer = SECRET): string =>
  raw({ alg: 'HS256', typ: 'JWT', ...header }, payload, secret);

export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'spki' }).toString();

export function rs256(payload: unknown = claims(), header: object = {}, key: KeyObject = rsa.privateKey): string {
  const input = `${b64({ alg: 'RS256', typ: 'JWT', ...header })}.${b64(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}
