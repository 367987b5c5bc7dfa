/** The keys of an identity provider: fetched once, refreshed in the background, the last good ones kept while it is away. */
import type { BaseEffects, MaybePromise, TimerHandle } from '@gatehouse/policy';
import { jwksUriOf, parseKeySet } from './key-set-parse.js';
import { candidates, type VerifyKey } from './keys.js';
import type { Algorithm } from './schema.js';

/**
 * Fetches a text.
 * @returns the body of a 200
 * @throws when it takes longer than `timeoutMs`, is larger than `maxBytes`, redirects, or is no 200
 */
export type FetchText = (url: string, options: { readonly timeoutMs: number; readonly maxBytes: number }) => Promise<string>;

export interface KeySetEffects extends Pick<BaseEffects, 'now' | 'after' | 'cancel' | 'log' | 'metrics'> {
  readonly fetchText: FetchText;
}

export interface KeySetOptions {
  /** Where the set is, or whose discovery document says so. */
  readonly source: { readonly url: string } | { readonly discover: string };
  readonly algorithms: readonly Algorithm[];
  readonly refreshMs: number;
  readonly cooldownMs: number;
  readonly maxStaleMs: number;
  readonly timeoutMs: number;
}

/** Bytes of a key set or discovery document. */
const DOCUMENT_MAX = 262_144;
const DISCOVERY_PATH = '/.well-known/openid-configuration';

export class KeySet {
  private keys: readonly VerifyKey[] = [];
  /** Unix ms of the last good fetch; null = there never was one. */
  private goodAt: number | null = null;
  /** Unix ms of the last attempt's start. */
  private askedAt = Number.NEGATIVE_INFINITY;
  private running: Promise<void> | null = null;
  private timer: TimerHandle | null = null;
  private closed = false;
  private readonly fetches: { add(labels: readonly string[]): void };

  /** @param changed called when a key went away or another took its place: what it verified must be forgotten */
  constructor(
    private readonly options: KeySetOptions,
    private readonly effects: KeySetEffects,
    private readonly changed: () => void,
  ) {
    this.fetches = effects.metrics.counter({ name: 'gatehouse_jwks_fetches_total', help: 'Fetches of key sets', labels: ['result'] });
    void this.fetch();
  }

  /**
   * The keys that may have signed a token.
   * @returns null when no key set can be had: nobody can say whether the token is good
   */
  find(algorithm: Algorithm, kid: string | null): MaybePromise<readonly VerifyKey[] | null> {
    const found = this.lookUp(algorithm, kid);
    if (found && found.length > 0) return found;
    const asked = this.ask();
    return asked ? asked.then(() => this.lookUp(algorithm, kid)) : found;
  }

  close(): void {
    this.closed = true;
    if (this.timer) this.effects.cancel(this.timer);
  }

  private lookUp(algorithm: Algorithm, kid: string | null): readonly VerifyKey[] | null {
    if (this.goodAt === null || this.effects.now() - this.goodAt > this.options.maxStaleMs) return null;
    return candidates(this.keys, algorithm, kid);
  }

  /** A fetch under way, or a new one when the cool-down is over; else null. */
  private ask(): Promise<void> | null {
    if (this.running) return this.running;
    return this.effects.now() - this.askedAt >= this.options.cooldownMs ? this.fetch() : null;
  }

  private fetch(): Promise<void> {
    this.askedAt = this.effects.now();
    if (this.timer) this.effects.cancel(this.timer);
    this.running = this.load().then((good) => {
      this.running = null;
      if (this.closed) return;
      const { refreshMs, cooldownMs } = this.options;
      this.timer = this.effects.after(good ? refreshMs : cooldownMs, () => void this.fetch());
    });
    return this.running;
  }

  private async load(): Promise<boolean> {
    try {
      const text = await this.read(await this.url());
      this.replace(parseKeySet(text, this.options.algorithms));
      this.goodAt = this.effects.now();
      this.fetches.add(['good']);
      return true;
    } catch (error) {
      this.fetches.add(['failed']);
      this.effects.log('warn', 'a key set could not be fetched', { source: JSON.stringify(this.options.source), error: String(error) });
      return false;
    }
  }

  private async url(): Promise<string> {
    const { source } = this.options;
    if ('url' in source) return source.url;
    const issuer = source.discover;
    return jwksUriOf(await this.read(`${issuer.replace(/\/$/, '')}${DISCOVERY_PATH}`), issuer);
  }

  private read(url: string): Promise<string> {
    return this.effects.fetchText(url, { timeoutMs: this.options.timeoutMs, maxBytes: DOCUMENT_MAX });
  }

  private replace(keys: readonly VerifyKey[]): void {
    const kept = this.keys.every((old) => keys.some((key) => key.kid === old.kid && key.key.equals(old.key)));
    this.keys = keys;
    if (!kept) this.changed();
  }
}
