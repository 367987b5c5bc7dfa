/**
 * The provider's discovery document and key set: fetched in the background, refreshed, the last good ones kept while it is away. A
 * provider that restarts changes nothing for anybody who is signed in.
 */
import type { TimerHandle } from '@gatehouse/policy';
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  clockTolerance,
  customFetch,
  None,
} from 'openid-client';
import type { Dependencies } from '../dependencies.js';
import { unavailable } from '../http/fault.js';
import type { OidcSettings } from '../settings.js';
import { parseMetadata } from './metadata.js';

const REFRESH_MS = 300_000;
/** After a failure, and between two fetches that unknown keys ask for. */
const COOLDOWN_MS = 5000;
/** The same while nothing was ever known: provider and sidecar may start together. */
const FIRST_COOLDOWN_MS = 1000;
/** Keys that could not be confirmed for so long check nothing any more. */
const KEYS_STALE_MS = 86_400_000;
const DOCUMENT_MAX = 262_144;
/** Seconds by which clocks may differ: as at the gateway. */
export const CLOCK_SKEW_S = 5;

export type IssuerEffects = Pick<Dependencies, 'now' | 'after' | 'cancel' | 'log' | 'metrics' | 'fetchText' | 'fetch'>;
type KeySet = ReturnType<typeof createLocalJWKSet>;

/** What is known of the provider. */
interface Known {
  readonly configuration: Configuration;
  readonly keys: KeySet;
  readonly at: number;
}

/** What is known of one provider. Asks in the background until `close()`. */
export class Issuer {
  private known: Known | null = null;
  private running: Promise<void> | null = null;
  private askedAt = Number.NEGATIVE_INFINITY;
  private timer: TimerHandle | null = null;
  private closed = false;
  private lastGood = false;
  private readonly fetches: { add(labels: readonly string[]): void };

  constructor(
    private readonly settings: OidcSettings,
    private readonly effects: IssuerEffects,
  ) {
    this.fetches = effects.metrics.counter({
      name: 'auth_provider_fetches_total',
      help: 'Fetches of discovery and keys',
      labels: ['result'],
    });
    void this.fetch();
  }

  /** Whether the last fetch worked. */
  get up(): boolean {
    return this.lastGood;
  }

  /**
   * For requests to the provider.
   * @throws HttpFault 503 while nothing was ever known of it
   */
  async configuration(): Promise<Configuration> {
    if (!this.known) await this.ask();
    if (!this.known) throw unavailable('the provider’s discovery document can not be had', 5);
    return this.known.configuration;
  }

  /** The key that a token names; an unknown one leads to one fetch per cool-down. */
  readonly key: JWTVerifyGetKey = async (header, token) => {
    if (!this.keys()) await this.ask();
    const keys = this.keys();
    if (!keys) throw unavailable('the provider’s keys can not be had', 5);
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.ask();
      return (this.keys() ?? keys)(header, token);
    }
  };

  close(): void {
    this.closed = true;
    if (this.timer) this.effects.cancel(this.timer);
  }

  private get cooldownMs(): number {
    return this.known ? COOLDOWN_MS : FIRST_COOLDOWN_MS;
  }

  private keys(): KeySet | null {
    return this.known && this.effects.now() - this.known.at <= KEYS_STALE_MS ? this.known.keys : null;
  }

  /** Joins a fetch that runs, or starts one when the cool-down is over. */
  private ask(): Promise<void> {
    if (this.running) return this.running;
    return this.effects.now() - this.askedAt >= this.cooldownMs ? this.fetch() : Promise.resolve();
  }

  private fetch(): Promise<void> {
    this.askedAt = this.effects.now();
    if (this.timer) this.effects.cancel(this.timer);
    this.running = this.load().then((good) => {
      this.running = null;
      this.lastGood = good;
      if (!this.closed) this.timer = this.effects.after(good ? REFRESH_MS : this.cooldownMs, () => void this.fetch());
    });
    return this.running;
  }

  private async load(): Promise<boolean> {
    try {
      const metadata = parseMetadata(
        await this.read(`${this.settings.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`),
        this.settings.issuer,
      );
      const keys = createLocalJWKSet(JSON.parse(await this.read(metadata.jwks_uri)));
      this.known = { configuration: this.configure(metadata), keys, at: this.effects.now() };
      this.fetches.add(['good']);
      return true;
    } catch (error) {
      this.fetches.add(['failed']);
      this.effects.log('warn', 'the provider’s documents could not be fetched', { issuer: this.settings.issuer, error: String(error) });
      return false;
    }
  }

  private read(url: string): Promise<string> {
    return this.effects.fetchText(url, { timeoutMs: this.settings.timeoutMs, maxBytes: DOCUMENT_MAX });
  }

  private configure(metadata: ReturnType<typeof parseMetadata>): Configuration {
    const { clientId, clientSecret, issuer, timeoutMs } = this.settings;
    // RFC 6749 section 2.3.1: basic is what every server must take.
    const basic = metadata.token_endpoint_auth_methods_supported?.includes('client_secret_basic') ?? true;
    const confidential = basic ? ClientSecretBasic : ClientSecretPost;
    const auth = clientSecret === null ? None() : confidential(clientSecret);
    const configuration = new Configuration(metadata, clientId, { [clockTolerance]: CLOCK_SKEW_S }, auth);
    configuration.timeout = timeoutMs / 1000;
    configuration[customFetch] = (url, options) => this.effects.fetch(url, options as RequestInit);
    if (issuer.startsWith('http:')) allowInsecureRequests(configuration);
    return configuration;
  }
}
