/** What nodes share, and what policies see of it. */
import type { ApiKeyStore, BaseEffects, RedisFields, ReplayStore, RevocationFeed } from '@gatehouse/policy';
import { ApiKeysBySystem, replayBySystem } from './by-system.js';
import { type MakeMemoryStores, StoreProvider, type Stores } from './stores.js';

export { Keys } from './redis/keys.js';
export { type MakeMemoryStores, memoryStores, redisStores, StoreProvider, type Stores } from './stores.js';

/** Effects of policies that keep something beyond a request. */
export interface StoreEffects {
  /** @throws RedisSettingsError, SecretError for a Redis that is named wrongly */
  stores(system: string, redis?: RedisFields): Stores;
  readonly replay: ReplayStore;
  revocationFeedOf(system: string): RevocationFeed;
  readonly apiKeys: ApiKeyStore;
}

/** The stores as effects. Nothing is connected before a policy asks for it. `inMemory`: default in this process. */
export function storeEffects(
  environment: Readonly<Record<string, string | undefined>>,
  effects: Omit<BaseEffects, 'shared'>,
  inMemory?: MakeMemoryStores,
): { effects: StoreEffects; close(): void } {
  const provider = new StoreProvider(environment, effects, inMemory);
  return {
    effects: {
      stores: (system, redis) => provider.of(system, redis),
      replay: replayBySystem(provider),
      revocationFeedOf: (system) => provider.of(system).revocations,
      apiKeys: new ApiKeysBySystem(provider),
    },
    close: () => provider.close(),
  };
}
