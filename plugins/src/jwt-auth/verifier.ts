/** From a token's text to who it is about: parse, find the key, check the signature, then the claims; remember what is good. */
import { identityHeaderKeys, identityHeaderPairs, type MaybePromise, strictJson } from '@gatehouse/policy';
import type { GenerationCache } from '../lib/generation-cache.js';
import { algorithmSpecs } from './algorithms.js';
import { checkTimes, claimsFit } from './claims.js';
import { identityOf } from './identity.js';
import { type Jws, parseJws } from './jws.js';
import type { KeySet } from './key-set.js';
import { candidates, type VerifyKey } from './keys.js';
import type { KnownToken, TokenFault, TokenVerifier } from './policy.js';
import { type Algorithm, type Config, KEYS_TRIED_MAX } from './schema.js';

type VerifierConfig = Omit<Config, 'keys' | 'jwks' | 'token'>;

export class JwtVerifier implements TokenVerifier {
  private readonly types: ReadonlySet<string>;

  /**
   * @param keys static ones
   * @param keySet an identity provider's, or null
   */
  constructor(
    private readonly config: VerifierConfig,
    private readonly keys: readonly VerifyKey[],
    private readonly keySet: KeySet | null,
    private readonly cache: GenerationCache<KnownToken>,
  ) {
    this.types = new Set(config.types.map((type) => type.toLowerCase().replace(/^application\//, '')));
  }

  known(token: string, now: number): KnownToken | undefined {
    const found = this.cache.get(token);
    if (found === undefined || found.goodUntil > now) return found;
    this.cache.delete(token);
    return undefined;
  }

  verify(token: string, now: number): MaybePromise<KnownToken | TokenFault> {
    const jws = parseJws(token);
    const algorithm = jws && this.algorithmOf(jws);
    if (!jws || !algorithm) return 'token_invalid';
    const local = candidates(this.keys, algorithm, jws.kid);
    if (signedBy(local, algorithm, jws)) return this.accept(token, jws, now);
    if (!this.keySet) return 'token_invalid';
    const found = this.keySet.find(algorithm, jws.kid);
    if (found instanceof Promise) return found.then((keys) => this.judge(keys, algorithm, token, jws, now));
    return this.judge(found, algorithm, token, jws, now);
  }

  private algorithmOf({ alg, typ }: Jws): Algorithm | null {
    if (typ !== null && !this.types.has(typ)) return null;
    return this.config.algorithms.find((listed) => listed === alg) ?? null;
  }

  private judge(keys: readonly VerifyKey[] | null, algorithm: Algorithm, token: string, jws: Jws, now: number): KnownToken | TokenFault {
    if (keys === null) return 'undecided';
    return signedBy(keys, algorithm, jws) ? this.accept(token, jws, now) : 'token_invalid';
  }

  /** The signature holds: now the claims. */
  private accept(token: string, jws: Jws, now: number): KnownToken | TokenFault {
    const claims = strictJson(jws.payload);
    if (!claims) return 'token_invalid';
    const times = checkTimes(claims, this.config, now);
    if (times === 'invalid' || !claimsFit(claims, this.config)) return 'token_invalid';
    if (times === 'expired') return 'token_expired';
    const identity = identityOf(claims, this.config.claims, times.expiresAt);
    if (!identity) return 'token_invalid';
    const known = Object.freeze({
      identity,
      goodUntil: times.expiresAt + this.config.clock_skew_seconds * 1000,
      issuedAt: times.issuedAt,
      pass: Object.freeze({ kind: 'pass' as const, setHeaders: identityHeaderPairs(identity), removeHeaders: identityHeaderKeys }),
    });
    this.cache.set(token, known);
    return known;
  }
}

function signedBy(keys: readonly VerifyKey[], algorithm: Algorithm, jws: Jws): boolean {
  const spec = algorithmSpecs[algorithm];
  try {
    for (let i = 0; i < keys.length && i < KEYS_TRIED_MAX; i++) {
      if (spec.verify(keys[i]!.key, jws.input, jws.signature)) return true;
    }
    return false;
  } catch {
    // What node:crypto can't read as a signature is none.
    return false;
  }
}
