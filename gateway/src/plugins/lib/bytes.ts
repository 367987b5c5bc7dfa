/**
 * Kong's strings are bytes; so are the headers, paths and queries of this plane (one character per byte, "latin1").
 * Configuration and JSON are Unicode. These two cross the border.
 */

const ASCII = /^[\x00-\x7f]*$/;

/** Unicode text as a string of its UTF-8 bytes. */
export function toBytes(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** A string of UTF-8 bytes as Unicode text; what is no UTF-8 becomes U+FFFD. */
export function fromBytes(bytes: string): string {
  return ASCII.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}
