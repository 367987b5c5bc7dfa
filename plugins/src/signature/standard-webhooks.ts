/** Standard Webhooks 1.0.0: `v1` (HMAC-SHA-256) and `v1a` (Ed25519), several signatures in one header. */
import { createHmac, createPublicKey, type KeyObject, verify as verifySignature } from 'node:crypto';
import type { Facts } from '@gatehouse/policy';
import { fromBase64, sameBytes } from './compare.js';
import type { Scheme, Verified } from './policy.js';

const SYMMETRIC = 'whsec_';
const PUBLIC = 'whpk_';
/** Bytes of a symmetric secret. */
const SECRET_MIN = 24;
const SECRET_MAX = 64;
const SIGNATURES_MAX = 10;
/** No full stop: it separates what is signed. */
const ID = /^[!-\-/-~]{1,256}$/;
const TIMESTAMP = /^[0-9]{1,12}$/;
/** The DER head of an Ed25519 public key (RFC 8410). */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** A key of either kind. */
export type WebhookKey = { readonly version: 'v1'; readonly secret: Buffer } | { readonly version: 'v1a'; readonly key: KeyObject };

/**
 * Reads `whsec_…` or `whpk_…`.
 * @returns what is wrong, as text, for anything else
 */
export function webhookKey(text: string): WebhookKey | string {
  const trimmed = text.trim();
  if (trimmed.startsWith(PUBLIC)) {
    const raw = fromBase64(trimmed.slice(PUBLIC.length));
    if (raw?.length !== 32) return 'whpk_ must be followed by 32 bytes in base64';
    return { version: 'v1a', key: createPublicKey({ key: Buffer.concat([ED25519_SPKI, raw]), format: 'der', type: 'spki' }) };
  }
  const secret = trimmed.startsWith(SYMMETRIC) ? fromBase64(trimmed.slice(SYMMETRIC.length)) : null;
  if (!secret) return 'must be whsec_ or whpk_ with base64';
  return secret.length >= SECRET_MIN && secret.length <= SECRET_MAX
    ? { version: 'v1', secret }
    : 'whsec_ must be followed by 24 to 64 bytes in base64';
}

function holds(key: WebhookKey, signed: Buffer, given: Buffer): boolean {
  if (key.version === 'v1') return sameBytes(createHmac('sha256', key.secret).update(signed).digest(), given);
  return given.length === 64 && verifySignature(null, signed, key.key, given);
}

/** The signatures of a header by version; those of versions that are not known are passed over, as the standard wants. */
function signaturesOf(header: string): { version: string; bytes: Buffer }[] {
  return header
    .split(' ')
    .slice(0, SIGNATURES_MAX)
    .flatMap((entry) => {
      const comma = entry.indexOf(',');
      const bytes = comma < 0 ? null : fromBase64(entry.slice(comma + 1));
      return bytes ? [{ version: entry.slice(0, comma), bytes }] : [];
    });
}

function only(facts: Facts, name: string): string | null {
  const lines = facts.headerValues(name);
  return lines.length === 1 ? lines[0]! : null;
}

/** @param toleranceMs how far the timestamp may be from now, either way */
export function standardWebhooks(keys: readonly WebhookKey[], toleranceMs: number): Scheme {
  return {
    headers: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
    present: (facts) => facts.header('webhook-signature') !== undefined,
    verify(facts, body, now): Verified | null {
      const id = only(facts, 'webhook-id');
      const timestamp = only(facts, 'webhook-timestamp');
      const header = only(facts, 'webhook-signature');
      if (id === null || timestamp === null || header === null || !ID.test(id) || !TIMESTAMP.test(timestamp)) return null;
      if (Math.abs(now - Number(timestamp) * 1000) > toleranceMs) return null;
      const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
      const good = signaturesOf(header).some(({ version, bytes }) =>
        keys.some((key) => key.version === version && holds(key, signed, bytes)),
      );
      return good ? { replayKey: id, repeat: 'event' } : null;
    },
  };
}
