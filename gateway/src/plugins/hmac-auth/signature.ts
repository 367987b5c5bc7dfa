/** The signatures of hmac-auth: what is signed, and by which algorithm (draft-cavage-http-signatures, as Kong reads it). */
import crypto from 'node:crypto';
import type { Exchange } from '../../plugin.js';

/** The parts of an Authorization header. */
export interface SignatureParams {
  readonly username: string;
  readonly algorithm: string;
  /** Names of what is signed, in order. */
  readonly headers: readonly string[];
  /** Base64. */
  readonly signature: string;
}

const PARAMS = /[Hh]mac\s*username="([^"]+)",\s*algorithm="([^"]+)",\s*headers="([^"]+)",\s*signature="([^"]+)"/;

/** Null for what is no such header. */
export function parseSignature(header: string | undefined): SignatureParams | null {
  const match = header === undefined ? null : PARAMS.exec(header);
  if (!match) return null;
  return { username: match[1]!, algorithm: match[2]!, headers: match[3]!.split(' '), signature: match[4]! };
}

const DIGESTS: Readonly<Record<string, string>> = {
  'hmac-sha1': 'sha1',
  'hmac-sha256': 'sha256',
  'hmac-sha384': 'sha384',
  'hmac-sha512': 'sha512',
};

function target({ request }: Exchange): string {
  return request.rawQuery === '' ? request.rawPath : `${request.rawPath}?${request.rawQuery}`;
}

function line(exchange: Exchange, name: string): string {
  const { request, upstream } = exchange;
  const value = request.headers.get(name.toLowerCase());
  if (value !== undefined) return `${name}: ${value}`;
  if (name === '@request-target') return `${name}: ${upstream.method.toLowerCase()} ${target(exchange)}`;
  if (name === 'request-line') return `${upstream.method} ${target(exchange)} HTTP/${request.httpVersion.toFixed(1)}`;
  return `${name}:`;
}

/** The signature that the parameters ask for, or null for an unknown algorithm. */
export function signatureOf(exchange: Exchange, { algorithm, headers }: SignatureParams, secret: string): Buffer | null {
  const digest = DIGESTS[algorithm];
  if (digest === undefined) return null;
  const text = headers.map((name) => line(exchange, name)).join('\n');
  return crypto.createHmac(digest, secret).update(text, 'latin1').digest();
}
