/** Taking a compact JWS apart (RFC 7515), strictly: one spelling per token, and nothing in the header that could lead astray. */
import { strictJson } from '@gatehouse/policy';

/** Characters of a token; a larger one is refused unread. */
export const TOKEN_LENGTH_MAX = 16_384;
const KID_LENGTH_MAX = 256;
const ALPHABET = /^[A-Za-z0-9_-]+$/;

export interface Jws {
  readonly alg: string;
  readonly kid: string | null;
  /** `typ` in lower case, without `application/`; null when absent. */
  readonly typ: string | null;
  /** Not parsed before the signature holds. */
  readonly payload: Buffer;
  readonly signature: Buffer;
  /** What was signed. */
  readonly input: Buffer;
}

/** Bytes of base64url without padding; null for another alphabet, and for a second spelling of the same bytes. */
function decode(part: string): Buffer | null {
  if (!ALPHABET.test(part)) return null;
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : null;
}

/** Parameters that bring a key or its address along, and those that want something done: this gateway follows none (RFC 8725). */
const REFUSED = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'];

interface Header {
  alg: string;
  kid: string | null;
  typ: string | null;
}

function headerOf(bytes: Buffer): Header | null {
  const header = strictJson(bytes);
  if (!header || REFUSED.some((name) => Object.hasOwn(header, name))) return null;
  const { alg, kid = null, typ = null } = header;
  if (typeof alg !== 'string') return null;
  if (kid !== null && (typeof kid !== 'string' || kid.length > KID_LENGTH_MAX)) return null;
  if (typ !== null && typeof typ !== 'string') return null;
  return { alg, kid, typ: typ === null ? null : typ.toLowerCase().replace(/^application\//, '') };
}

/** The parts of a token; null when it is no compact JWS that this gateway would look at. */
export function parseJws(token: string): Jws | null {
  if (token.length > TOKEN_LENGTH_MAX) return null;
  const first = token.indexOf('.');
  const last = token.lastIndexOf('.');
  if (first < 0 || first === last || token.indexOf('.', first + 1) !== last) return null;
  const head = decode(token.slice(0, first));
  const payload = decode(token.slice(first + 1, last));
  const signature = decode(token.slice(last + 1));
  const header = head && headerOf(head);
  if (!header || !payload || !signature) return null;
  return { ...header, payload, signature, input: Buffer.from(token.slice(0, last), 'latin1') };
}
