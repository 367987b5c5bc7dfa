import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { tags, timestamp, uuid } from '../schema/typedefs.js';
import type { Dict, EntitySchema, StringField, Verdict } from '../schema/types.js';

function parseCertificate(pem: unknown): X509Certificate | null {
  try {
    return new X509Certificate(pem as string);
  } catch {
    return null;
  }
}

function parseKey(pem: unknown): KeyObject | null {
  try {
    return createPrivateKey(pem as string);
  } catch {
    return null;
  }
}

const certificate: StringField = {
  type: 'string',
  referenceable: true,
  custom_validator: (pem: string) => (parseCertificate(pem) === null ? 'invalid certificate: not a PEM certificate' : null),
};
const key: StringField = {
  type: 'string',
  referenceable: true,
  custom_validator: (pem: string) => (parseKey(pem) === null ? 'invalid key: not a PEM private key' : null),
};

function pairFault(cert: unknown, privateKey: unknown, message: string): Verdict {
  if (typeof cert !== 'string' || typeof privateKey !== 'string') return null;
  const [parsed, parsedKey] = [parseCertificate(cert), parseKey(privateKey)];
  return parsed === null || parsedKey === null || parsed.checkPrivateKey(parsedKey) ? null : message;
}

function checkTypes(entity: Dict): Verdict {
  if (typeof entity['cert'] !== 'string' || typeof entity['cert_alt'] !== 'string') return null;
  const [first, second] = [entity['cert'], entity['cert_alt']].map((pem) => parseCertificate(pem)?.publicKey.asymmetricKeyType);
  if (first === undefined || first !== second) return null;
  return 'certificate and alternative certificate need to have different type (e.g. RSA and ECDSA), the provided certificates were both of the same type';
}

function checkAuthority(entity: Dict): Verdict {
  const pem = String(entity['cert']);
  const begin = '-----BEGIN CERTIFICATE-----';
  if (pem.indexOf(begin) !== pem.lastIndexOf(begin)) return 'please submit only one certificate at a time';
  return parseCertificate(pem)?.ca === true
    ? null
    : 'certificate does not appear to be a CA because it is missing the "CA" basic constraint';
}

/** https://docs.konghq.com/gateway/3.9.x/admin-api/#certificate-object */
export const certificates: EntitySchema = {
  name: 'certificates',
  fields: {
    id: uuid,
    created_at: timestamp,
    cert: { ...certificate, required: true },
    key: { ...key, required: true },
    cert_alt: certificate,
    key_alt: key,
    tags,
  },
  entity_checks: [
    { check: 'mutually_required', fields: ['cert_alt', 'key_alt'] },
    { check: 'custom', sources: ['cert', 'key'], fn: (e) => pairFault(e['cert'], e['key'], 'certificate does not match key') },
    {
      check: 'custom',
      sources: ['cert_alt', 'key_alt'],
      fn: (e) => pairFault(e['cert_alt'], e['key_alt'], 'alternative certificate does not match key'),
    },
    { check: 'custom', sources: ['cert', 'cert_alt'], fn: checkTypes },
  ],
};

/**
 * Certificates of authorities; whether one has expired is for its user to say, since the answer changes with time.
 * https://docs.konghq.com/gateway/3.9.x/admin-api/#ca-certificate-object
 */
export const caCertificates: EntitySchema = {
  name: 'ca_certificates',
  fields: {
    id: uuid,
    created_at: timestamp,
    cert: { ...certificate, referenceable: false, required: true },
    cert_digest: { type: 'string', unique: true },
    tags,
  },
  entity_checks: [{ check: 'custom', sources: ['cert'], fn: checkAuthority }],
};

/** The SHA-256 of a certificate in lower-case hexadecimal, or null when it can't be read. */
export function certificateDigest(pem: string): string | null {
  return parseCertificate(pem)?.fingerprint256.replaceAll(':', '').toLowerCase() ?? null;
}
