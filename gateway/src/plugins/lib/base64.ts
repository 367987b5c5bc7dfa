/** Base64 as nginx decodes it: what is behind `=` is ignored, any other stray character makes it invalid. */

const STANDARD = /^[A-Za-z0-9+/]*$/;
const URL_SAFE = /^[A-Za-z0-9_-]*$/;

function decode(text: string, alphabet: RegExp, encoding: 'base64' | 'base64url'): Buffer | null {
  const equals = text.indexOf('=');
  const digits = equals < 0 ? text : text.slice(0, equals);
  if (!alphabet.test(digits) || digits.length % 4 === 1) return null;
  return Buffer.from(digits, encoding);
}

/** Null for what is no base64. */
export function decodeBase64(text: string): Buffer | null {
  return decode(text, STANDARD, 'base64');
}

/** The alphabet of URLs (RFC 4648 §5); null for what is none. */
export function decodeBase64Url(text: string): Buffer | null {
  return decode(text, URL_SAFE, 'base64url');
}
