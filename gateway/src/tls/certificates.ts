/** Which certificate a TLS client gets: by its server name (Kong: certificates and snis), exact before wildcard. */
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
export function contextOf(pair: KeyPair, where: string): tls.SecureContext {
  try {
    return tls.createSecureContext({ cert: pair.cert, key: pair.key, minVersion: 'TLSv1.2' });
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

  /** The context for a server name; undefined = the standard one. */
  contextFor(name: string): tls.SecureContext | undefined {
    const wanted = name.toLowerCase();
    const labels = wanted.split('.');
    return (
      this.byName.get(wanted) ??
      this.byName.get(`*.${labels.slice(1).join('.')}`) ??
      this.byName.get(`${labels.slice(0, -1).join('.')}.*`) ??
      this.byName.get('*')
    );
  }

  /** The key pair for clients that name nobody we know. */
  fallback(): KeyPair {
    return this.standard;
  }
}
