import { createHash, type KeyObject } from 'node:crypto';
import { type BaseEffects, ConfigError, definePolicy, type Lease, type RevocationFeed } from '@gatehouse/policy';
import { GenerationCache } from '../lib/generation-cache.js';
import { type FetchText, KeySet, type KeySetEffects, type KeySetOptions } from './key-set.js';
import { publicKey, type ReadKey, secretKey, usable, type VerifyKey } from './keys.js';
import { measured } from './measured.js';
import { create, type KnownToken, needs, type Revocations, type TokenVerifier } from './policy.js';
import { RevocationList } from './revocation-list.js';
import { type Config, schema } from './schema.js';
import { JwtVerifier } from './verifier.js';

export { FetchError, fetchText } from './fetch-text.js';
export type { FetchText } from './key-set.js';
export { MemoryRevocationFeed } from './memory-revocation-feed.js';

const NAME = 'jwt-auth';
/** RFC 7518 section 3.2: a secret is at least as long as the hash. Shorter ones are taken, with a warning. */
const SECRET_BYTES_MIN = 32;

/** What `jwt-auth` uses of the world. */
export interface JwtAuthEffects extends BaseEffects {
  readonly fetchText: FetchText;
  /** The revocations of a system; each has its own, so that one that is away harms no other. */
  revocationFeedOf(system: string): RevocationFeed;
}

function readKey(entry: Config['keys'][number], effects: JwtAuthEffects): ReadKey {
  if (entry.public_key !== undefined) return publicKey(effects.secrets.read(entry.public_key));
  const text = effects.secrets.read(entry.secret!);
  if (Buffer.byteLength(text) < SECRET_BYTES_MIN) {
    effects.log('warn', `a JWT secret is shorter than ${SECRET_BYTES_MIN} bytes`, { secret: entry.secret });
  }
  return secretKey(text);
}

function staticKeys(config: Config, effects: JwtAuthEffects): VerifyKey[] {
  return config.keys.map((entry, i) => {
    const field = entry.secret === undefined ? 'public_key' : 'secret';
    const fault = (message: string): ConfigError => new ConfigError(NAME, [{ path: `keys[${i}].${field}`, message }]);
    let read: ReadKey;
    try {
      read = readKey(entry, effects);
    } catch (error) {
      // The text of a key that can't be read stays out of the message.
      throw fault(error instanceof Error && 'reference' in error ? error.message : 'is no key of the right kind');
    }
    const { key, alg } = read;
    const algorithms = usable(key, config.algorithms, alg).filter((algorithm) => algorithm === (entry.algorithm ?? algorithm));
    if (algorithms.length === 0) throw fault('fits none of the listed algorithms');
    return { kid: entry.kid ?? null, algorithms, key };
  });
}

function fingerprint(key: KeyObject): string {
  const bytes = key.type === 'secret' ? key.export() : key.export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(bytes).digest('base64url');
}

/**
 * What a verified token was verified against: instances that agree in it share their tokens; one with another key shares none,
 * so that a key that was taken away is out of use with the configuration that had it.
 */
function cacheKey(config: Config, keys: readonly VerifyKey[]): string {
  const { token: _where, keys: _keys, optional: _optional, revocation: _revocation, errors: _errors, ...rules } = config;
  const known = keys.map((key) => [key.kid, key.algorithms, fingerprint(key.key)]);
  return createHash('sha256')
    .update(JSON.stringify([rules, known]))
    .digest('base64url');
}

function keySetOptions(config: Config): KeySetOptions | null {
  const { jwks, algorithms } = config;
  if (!jwks) return null;
  return {
    source: jwks.url === undefined ? { discover: jwks.discover! } : { url: jwks.url },
    algorithms,
    refreshMs: jwks.refresh_seconds * 1000,
    cooldownMs: jwks.cooldown_seconds * 1000,
    maxStaleMs: jwks.max_stale_seconds * 1000,
    timeoutMs: jwks.timeout_ms,
  };
}

/** A verifier with its key set and its memory, shared by all instances with the same rules and keys. */
class SharedVerifier {
  readonly verifier: TokenVerifier;
  private readonly keySet: KeySet | null;

  constructor(config: Config, keys: readonly VerifyKey[], effects: JwtAuthEffects) {
    const cache = new GenerationCache<KnownToken>(config.cache_size);
    const options = keySetOptions(config);
    this.keySet = options && new KeySet(options, effects satisfies KeySetEffects, () => cache.clear());
    this.verifier = measured(new JwtVerifier(config, keys, this.keySet, cache), config.system ?? '', effects);
  }

  close(): void {
    this.keySet?.close();
  }
}

export const jwtAuth = definePolicy({
  name: NAME,
  version: '1.0.0',
  priority: 1440,
  summary: 'Who is it: JWT by secret, public key or key set, with revocation',
  schema,
  deadlineMs: 8000,
  needs,
  create(config: Config, effects: JwtAuthEffects) {
    const keys = staticKeys(config, effects);
    const shared = effects.shared.acquire(`${NAME}:${cacheKey(config, keys)}`, () => new SharedVerifier(config, keys, effects));
    const system = config.system ?? '';
    const list: Lease<RevocationList> | null = config.revocation
      ? effects.shared.acquire(`${NAME}:revocations:${system}`, () => new RevocationList(effects.revocationFeedOf(system), effects))
      : null;
    const revocations: Revocations | null = list?.value ?? null;
    const instance = create(config, { verifier: shared.value.verifier, revocations });
    return Object.assign(instance, {
      close: () => {
        shared.release();
        list?.release();
      },
    });
  },
});
