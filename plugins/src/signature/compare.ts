import { timingSafeEqual } from 'node:crypto';

/** Whether two byte strings are equal, in a time that depends on their lengths alone. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The bytes of hexadecimal digits of either case; null for anything else, and for another length than `bytes`. */
export function fromHex(text: unknown, bytes: number): Buffer | null {
  return typeof text === 'string' && text.length === bytes * 2 && /^[0-9a-fA-F]+$/.test(text) ? Buffer.from(text, 'hex') : null;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes of canonical base64 (RFC 4648 section 4, padded); null for anything else. */
export function fromBase64(text: string): Buffer | null {
  if (!BASE64.test(text)) return null;
  const bytes = Buffer.from(text, 'base64');
  // Bits past the end may hide a second spelling of the same bytes.
  return bytes.toString('base64') === text ? bytes : null;
}
