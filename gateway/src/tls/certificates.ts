/** Which certificate a TLS client gets: by its server name (Kong: certificates and snis), exact before wildcard. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import type { Certificate, KongConfig } from '@gatehouse/kong-config';

/** A key pair in PEM. */
export interface KeyPair {
  cert: string;
  key: string;
}

/** A certificate in the configuration can't be used. */
export class CertificateError extends Error {
  readonly code = 'CERTIFICATE_INVALID';
}

/**
 * A key pair ready for use.
 * @param where names it in the message
 * @throws CertificateError
 */
export function contextOf(pair: KeyPair & { cert_alt?: string | null; key_alt?: string | null }, where: string): tls.SecureContext {
  const { cert, key, cert_alt, key_alt } = pair;
  // Of an ECDSA and an RSA certificate a client gets the one that it can use.
  const both = cert_alt && key_alt ? { cert: [cert, cert_alt], key: [key, key_alt] } : { cert, key };
  try {
    // An empty text would be taken for no certificate at all, and fail in every handshake.
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) throw new Error('they do not belong together');
    return tls.createSecureContext({ ...both, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw new CertificateError(`${where}: the certificate and key can't be used together (${(error as Error).message})`);
  }
}

export class CertificateTable {
  private byName = new Map<string, tls.SecureContext>();
  /** Told when the standard certificate is another one. */
  onRenewed: (() => void) | null = null;

  constructor(private standard: KeyPair) {}

  /** Takes another standard certificate in use; it was checked when it was read. New connections get it, others go on. */
  renewStandard(pair: KeyPair): void {
    if (pair.cert === this.standard.cert && pair.key === this.standard.key) return;
    this.standard = pair;
    this.onRenewed?.();
  }

  /**
   * Makes the certificates of a configuration ready.
   * @returns what takes them in use
   * @throws CertificateError
   */
  prepare(config: KongConfig): () => void {
    const contexts = new Map(config.certificates.map((entry: Certificate) => [entry.id, contextOf(entry, `certificates (${entry.id})`)]));
    const names = new Map<string, tls.SecureContext>();
    for (const sni of config.snis) {
      const context = contexts.get(sni.certificate.id);
      if (context) names.set(sni.name.toLowerCase(), context);
    }
    return () => {
      this.byName = names;
    };
  }

  /** The context for a server name; undefined = the standard one. Kong's order: the name, `*.b.c`, `a.b.*`, `*`. */
  contextFor(name: string): tls.SecureContext | undefined {
    const wanted = name.toLowerCase();
    const labels = wanted.split('.');
    const prefix = labels.length > 2 ? this.byName.get(`*.${labels.slice(1).join('.')}`) : undefined;
    const suffix = labels.length > 1 ? this.byName.get(`${labels.slice(0, -1).join('.')}.*`) : undefined;
    return this.byName.get(wanted) ?? prefix ?? suffix ?? this.byName.get('*');
  }

  /** The key pair for clients that name nobody we know. */
  fallback(): KeyPair {
    return this.standard;
  }
}
