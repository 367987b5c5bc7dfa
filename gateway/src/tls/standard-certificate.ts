/** The certificate for clients that name no host we have one for: from files, else a self-signed one made at start. */
import fs from 'node:fs/promises';
import { CertificateError, contextOf, type KeyPair } from './certificates.js';

async function read(variable: string, file: string): Promise<string> {
  return fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CertificateError(`${variable}: ${file} can't be read (${error.code})`);
  });
}

/** @throws CertificateError naming the variable, for a file that can't be read or a pair that does not belong together */
export async function readKeyPair(certFile: string, keyFile: string): Promise<KeyPair> {
  const [cert, key] = await Promise.all([read('KONG_SSL_CERT', certFile), read('KONG_SSL_CERT_KEY', keyFile)]);
  contextOf({ cert, key }, 'KONG_SSL_CERT, KONG_SSL_CERT_KEY');
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
