/** The certificate for clients that name no host we have one for: from files, else a self-signed one made at start. */
import fs from 'node:fs/promises';
import type { KeyPair } from './certificates.js';

/** @throws Error naming the file that can't be read */
export async function readKeyPair(certFile: string, keyFile: string): Promise<KeyPair> {
  const [cert, key] = await Promise.all([fs.readFile(certFile, 'utf8'), fs.readFile(keyFile, 'utf8')]);
  return { cert, key };
}

/** A self-signed pair for `names` (DNS names or IP addresses), good for 90 days: development only. */
export async function selfSigned(names: readonly string[]): Promise<KeyPair> {
  const { generate } = await import('selfsigned');
  const altNames = names.map((name) => (/^[\d.]+$|:/.test(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name }));
  const pair = await generate([{ name: 'commonName', value: names[0] ?? 'localhost' }], {
    notAfterDate: new Date(Date.now() + 90 * 24 * 3600 * 1000),
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  return { cert: pair.cert, key: pair.private };
}
