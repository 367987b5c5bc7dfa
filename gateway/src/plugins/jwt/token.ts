/** JSON Web Tokens in compact form (RFC 7519), taken apart and verified as kong/plugins/jwt/jwt_parser.lua does. */
import crypto from 'node:crypto';
import { sameSecret } from '../lib/authentication.js';
import { decodeBase64Url } from '../lib/base64.js';

type Claims = Readonly<Record<string, unknown>>;

export interface Token {
  readonly header: Claims;
  readonly claims: Claims;
  readonly signature: Buffer;
  /** What the signature is over. */
  readonly signed: string;
}

/** A public key, or the secret of an HMAC. */
export type VerificationKey = crypto.KeyObject | Buffer;

type Verify = (signed: Buffer, signature: Buffer, key: VerificationKey) => boolean;

/** The signature can't be one of this algorithm. Kong answers 500. */
export class SignatureLengthError extends Error {
  readonly code = 'JWT_SIGNATURE_LENGTH';
}

const hmac =
  (digest: string): Verify =>
  (signed, signature, key) =>
    sameSecret(crypto.createHmac(digest, key).update(signed).digest(), signature);

function exactly(bytes: number, signature: Buffer): void {
  if (signature.length !== bytes) throw new SignatureLengthError(`Signature must be ${bytes} bytes.`);
}

const rsa =
  (digest: string): Verify =>
  (signed, signature, key) =>
    crypto.verify(digest, signed, key as crypto.KeyObject, signature);

const pss =
  (digest: string): Verify =>
  (signed, signature, key) => {
    exactly(256, signature);
    const options = { key: key as crypto.KeyObject, padding: crypto.constants.RSA_PKCS1_PSS_PADDING };
    return crypto.verify(digest, signed, options, signature);
  };

const ecdsa =
  (digest: string, bytes: number): Verify =>
  (signed, signature, key) => {
    exactly(bytes, signature);
    return crypto.verify(digest, signed, { key: key as crypto.KeyObject, dsaEncoding: 'ieee-p1363' }, signature);
  };

const ALGORITHMS: ReadonlyMap<string, Verify> = new Map([
  ['HS256', hmac('sha256')],
  ['HS384', hmac('sha384')],
  ['HS512', hmac('sha512')],
  ['RS256', rsa('sha256')],
  ['RS384', rsa('sha384')],
  ['RS512', rsa('sha512')],
  ['ES256', ecdsa('sha256', 64)],
  ['ES384', ecdsa('sha384', 96)],
  ['ES512', ecdsa('sha512', 132)],
  ['PS256', pss('sha256')],
  ['PS384', pss('sha384')],
  ['PS512', pss('sha512')],
  ['EdDSA', (signed, signature, key) => crypto.verify(null, signed, key as crypto.KeyObject, signature)],
]);

/** Cuts at the first two dots. */
function pieces(text: string): [string, string, string] | null {
  const first = text.indexOf('.');
  const second = first < 0 ? -1 : text.indexOf('.', first + 1);
  return second < 0 ? null : [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

function decodeObject(part: string): Claims | null {
  const bytes = decodeBase64Url(part);
  if (!bytes) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Claims) : null;
  } catch {
    return null;
  }
}

/** The token, or Kong's word for what is wrong with it. */
export function decodeToken(text: string): Token | string {
  const parts = pieces(text);
  const header = parts && decodeObject(parts[0]);
  const claims = parts && decodeObject(parts[1]);
  if (!parts || !header || !claims) return 'invalid JSON';
  if (!ALGORITHMS.has(String(own(header, 'alg')))) return 'invalid alg';
  const signature = decodeBase64Url(parts[2]);
  return signature ? { header, claims, signature, signed: `${parts[0]}.${parts[1]}` } : 'invalid signature';
}

/** A claim, or undefined; nothing that objects inherit. */
export function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** Whether the signature is that of `algorithm` with this key. @throws SignatureLengthError */
export function verifySignature(token: Token, algorithm: string, key: VerificationKey): boolean {
  const verify = ALGORITHMS.get(algorithm);
  return verify?.(Buffer.from(token.signed, 'latin1'), token.signature, key) ?? false;
}
