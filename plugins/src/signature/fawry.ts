/** Fawry's server notification, version 2: SHA-256 over fields and the secure key, in the body's `messageSignature`. */
import { createHash } from 'node:crypto';
import { strictJson } from '@gatehouse/policy';
import { fromHex, sameBytes } from './compare.js';
import type { Scheme, Verified } from './policy.js';

type Fields = Readonly<Record<string, unknown>>;

/** A field as text; null when it is neither text nor a finite number. */
function text(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : null;
}

/** An amount with two decimals. */
function amount(value: unknown): string | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number.toFixed(2) : null;
}

/** What is signed, without the key; null when a field is missing or of the wrong kind. */
function signedText(fields: Fields): string | null {
  const reference = fields['paymentRefrenceNumber'];
  const parts = [
    text(fields['fawryRefNumber']),
    text(fields['merchantRefNumber']),
    amount(fields['paymentAmount']),
    amount(fields['orderAmount']),
    text(fields['orderStatus']),
    text(fields['paymentMethod']),
    reference === undefined || reference === null ? '' : text(reference),
  ];
  return parts.includes(null) ? null : parts.join('');
}

/** @param keys secure keys; any of them may have signed */
export function fawry(keys: readonly Buffer[]): Scheme {
  return {
    headers: [],
    present: () => true,
    verify(_facts, body): Verified | null {
      const fields = strictJson(body);
      const given = fields && fromHex(fields['messageSignature'], 32);
      const signed = fields && signedText(fields);
      if (!fields || !given || signed === null) return null;
      const digests = keys.map((key) => createHash('sha256').update(signed, 'utf8').update(key).digest());
      if (!digests.some((digest) => sameBytes(digest, given))) return null;
      const { fawryRefNumber, orderStatus, paymentAmount } = fields;
      return { replayKey: `${text(fawryRefNumber)}:${text(orderStatus)}:${amount(paymentAmount)}`, repeat: 'event' };
    },
  };
}
