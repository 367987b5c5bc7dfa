/** Seals what others keep for us: browsers, apps, Redis. JWE (RFC 7516), `dir` with A256GCM, one key per purpose. */
import { createHash, hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';

interface Key {
  readonly id: string;
  readonly bytes: Uint8Array;
}

const OPTIONS = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
/** Longer texts were not made here. */
const SEALED_MAX = 65_536;

function keyOf(secret: string, purpose: string): Key {
  const bytes = new Uint8Array(hkdfSync('sha256', secret, 'gatehouse auth-sidecar', purpose, 32));
  return { id: createHash('sha256').update(bytes).digest('base64url').slice(0, 8), bytes };
}

/** Opens only what was sealed with one of its secrets for the same purpose. */
export class Sealer {
  private readonly keys: readonly [Key, ...Key[]];

  /**
   * @param secrets at least one: the first seals, all open (those after it are of before a rotation)
   * @param purpose of what is sealed: a text for one purpose never opens for another
   */
  constructor(secrets: readonly string[], purpose: string) {
    const [first, ...others] = secrets.map((secret) => keyOf(secret, purpose));
    if (!first) throw new RangeError('a sealer needs a secret');
    this.keys = [first, ...others];
  }

  /** @param value anything that JSON can hold */
  seal(value: unknown): Promise<string> {
    const [{ id, bytes }] = this.keys;
    const text = new TextEncoder().encode(JSON.stringify(value));
    return new CompactEncrypt(text).setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: id }).encrypt(bytes);
  }

  /** What was sealed; null for anything that was not, or not for this. Never throws. */
  async open(sealed: string): Promise<unknown> {
    if (sealed.length > SEALED_MAX) return null;
    try {
      const { kid } = decodeProtectedHeader(sealed);
      const key = this.keys.find(({ id }) => id === kid);
      if (!key) return null;
      const { plaintext } = await compactDecrypt(sealed, key.bytes, OPTIONS);
      return JSON.parse(new TextDecoder().decode(plaintext)) as unknown;
    } catch {
      return null;
    }
  }
}
