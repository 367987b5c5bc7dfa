/** What the sidecar's parts use of the world. Routers are functions of it: `telegramRoutes(deps)`. */
import type { EventPublisher } from '@gatehouse/messaging';
import type { FetchText, Keys, RedisConnection, Stores } from '@gatehouse/plugins';
import type { BaseEffects } from '@gatehouse/policy';
import type { Tracing } from '@gatehouse/telemetry';
import type { Variables } from './settings.js';

/** A system's Redis, where one is named. */
export interface SharedMemory {
  readonly redis: RedisConnection;
  /** Names of keys, with the system's hash tag. */
  readonly keys: Keys;
}

/** Time, chance, log, metrics, secrets (BaseEffects) and what lasts: stores and events. */
export interface Dependencies extends BaseEffects {
  /** Keeps events until they are delivered; never waits, never throws. */
  readonly events: EventPublisher;
  readonly tracing: Tracing;
  /** For settings of a part's own; secrets are read through `secrets` (`env:GONGBU_JWT_SECRET`). */
  readonly variables: Variables;
  /** Fetches a small document by GET. */
  readonly fetchText: FetchText;
  /** The platform's fetch, or a test's. */
  readonly fetch: typeof fetch;
  /**
   * A system's stores: on its Redis where one is named, else in this process.
   * @throws RedisSettingsError, SecretError for a Redis that is named wrongly
   */
  stores(system: string): Stores;
  /** For stores of a part's own; null when the system has no Redis. */
  sharedMemory(system: string): SharedMemory | null;
}
