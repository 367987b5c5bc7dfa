/** Requests are strings of bytes (one byte per character), configuration is Unicode: the way from one to the other. */
import { Buffer, isUtf8 } from 'node:buffer';

const BEYOND_ASCII = /[^\0-\x7f]/;

export function isAscii(text: string): boolean {
  return !BEYOND_ASCII.test(text);
}

/** Unicode to bytes, one per character. */
export function toBytes(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Bytes to Unicode; null when they are no UTF-8. */
export function fromBytes(bytes: string): string | null {
  if (isAscii(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  return isUtf8(buffer) ? buffer.toString('utf8') : null;
}
