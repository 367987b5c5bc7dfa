import { createRuntime, type Runtime, type Stores } from '@gatehouse/plugins';
import { ApiKeys } from '@gatehouse/policy';
import type { System } from '@gatehouse/testkit';
import { TestRedis } from '../../support/redis.js';
import type { ApiKeyRequest, RevocationRequest } from './cases.js';
import { planeSecrets } from './secrets.js';

/**
 * Milliseconds that the plane waits for Redis in these tests: a busy machine may answer later than the product's 50 ms, and what
 * happens then has tests of its own.
 */
const deadlineMs = 5000;
const day = 86_400_000;

/** Who keeps what the plane counts and knows: a Redis of these tests, one that the caller names (REDIS_URL), or the plane alone. */
export class CaseStores {
  private runtime: Runtime | null = null;
  private away = false;

  private constructor(
    private readonly redis: TestRedis | null,
    private readonly url: string | null,
  ) {}

  /** CONTRACT_STORES=memory keeps all in the plane; a real Kong has the Redis that it was started with. */
  static async start(environment: Readonly<Record<string, string | undefined>>): Promise<CaseStores> {
    const { REDIS_URL, KONG_URL, CONTRACT_STORES } = environment;
    if (REDIS_URL || KONG_URL || CONTRACT_STORES === 'memory') return new CaseStores(null, REDIS_URL || null);
    const redis = await TestRedis.start();
    return new CaseStores(redis, redis.url);
  }

  /** What the plane must know of it. */
  get variables(): Record<string, string> {
    return this.url === null ? { REDIS_URL: '' } : { REDIS_URL: this.url, REDIS_DEADLINE_MS: String(deadlineMs) };
  }

  /** Whether cases can write into what the plane reads. */
  get shared(): boolean {
    return this.url !== null;
  }

  /** Whether cases can take Redis away. */
  get own(): boolean {
    return this.redis !== null;
  }

  /** Ends Redis, or starts it again with an empty memory. */
  async setAway(away: boolean): Promise<void> {
    if (this.redis === null || away === this.away) return;
    this.away = away;
    // The cases' own connection would come back later than their next step.
    this.runtime?.close();
    this.runtime = null;
    await (away ? this.redis.kill() : this.redis.launch());
  }

  /** A key of a system, as its holder sends it. */
  async apiKey(system: System, { scopes, owner, state }: ApiKeyRequest): Promise<string> {
    const { apiKeys } = await this.of(system);
    const peppers = [planeSecrets[`${system.toUpperCase()}_API_KEY_PEPPER`] ?? ''];
    const now = state === 'ended' ? Date.now() - 2 * day : Date.now();
    const keys = new ApiKeys({
      store: apiKeys,
      peppers,
      now: () => now,
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    });
    const made = await keys.create({ system, name: 'contract', owner, scopes, expiresAt: now + day });
    if (state === 'rotated-out') await keys.rotate(system, made.record.id, 0);
    if (state === 'overlapping') await keys.rotate(system, made.record.id, day);
    if (state === 'revoked') await keys.revoke(system, made.record.id);
    return made.key;
  }

  /** Withdraws a session, a token, or all tokens of a user that were issued up to now. */
  async revoke(system: System, { kind, id }: RevocationRequest): Promise<void> {
    const now = Date.now();
    await (await this.of(system)).revocations.publish({ system, kind, id, since: now, until: now + day });
  }

  async stop(): Promise<void> {
    this.runtime?.close();
    await this.redis?.kill();
  }

  private async of(system: System): Promise<Stores> {
    if (this.url === null) throw new Error('the case needs the Redis that the plane uses: name it by REDIS_URL');
    this.runtime ??= createRuntime({ log: () => undefined, environment: this.variables });
    const stores = this.runtime.effects.stores(system);
    await stores.settled();
    return stores;
  }
}
