import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A key pair that signs interview's development tokens. */
export interface DevelopmentKey {
  readonly privateKey: KeyObject;
  /** Names the key in its set: the JWK thumbprint (RFC 7638). */
  readonly kid: string;
  /** The public half as a JWK set (RFC 7517). */
  readonly jwks: { readonly keys: readonly object[] };
}

/** Its file in the run folder. */
export const KEY_FILE = 'interview-development-key.pem';

/**
 * The key in a folder; made there at the first use, readable by its owner alone. The folder is one that is never committed.
 * @throws Error when the folder cannot be written or the file is no key.
 */
export function developmentKey(folder: string): DevelopmentKey {
  const privateKey = createPrivateKey(readOrMake(path.join(folder, KEY_FILE)));
  const { n, e, kty } = createPublicKey(privateKey).export({ format: 'jwk' });
  const kid = createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
  return { privateKey, kid, jwks: { keys: [{ kty, n, e, kid, use: 'sig', alg: 'RS256' }] } };
}

function readOrMake(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  mkdirSync(path.dirname(file), { recursive: true });
  try {
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' });
    return pem;
  } catch (error) {
    // Another process was first: its key counts.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return readFileSync(file, 'utf8');
    throw error;
  }
}
