/** The stores of all systems as one of each kind, for policies whose ports name the system in every call. */
import type { ApiKeyStore, ReplayStore } from '@gatehouse/policy';
import type { StoreProvider } from './stores.js';

/** @returns a store that takes each id to its system's: ids start with the system and a colon */
export function replayBySystem(provider: StoreProvider): ReplayStore {
  const storeOf = (key: string): ReplayStore => provider.of(key.slice(0, Math.max(0, key.indexOf(':')))).replay;
  return {
    claim: async (key, owner, ttlMs) => storeOf(key).claim(key, owner, ttlMs),
    confirm: async (key, owner, ttlMs) => storeOf(key).confirm(key, owner, ttlMs),
    release: async (key, owner) => storeOf(key).release(key, owner),
  };
}

/** Keys of all systems; changes are heard of from each system that was ever asked for. */
export class ApiKeysBySystem implements ApiKeyStore {
  private readonly listeners = new Set<(system: string | null, id: string | null) => void>();
  private readonly known = new Map<string, ApiKeyStore>();

  constructor(private readonly provider: StoreProvider) {}

  async get(...[system, id]: Parameters<ApiKeyStore['get']>): ReturnType<ApiKeyStore['get']> {
    return this.storeOf(system).get(system, id);
  }

  async put(...[record, over]: Parameters<ApiKeyStore['put']>): ReturnType<ApiKeyStore['put']> {
    return this.storeOf(record.system).put(record, over);
  }

  async list(...[system, limit, after]: Parameters<ApiKeyStore['list']>): ReturnType<ApiKeyStore['list']> {
    return this.storeOf(system).list(system, limit, after);
  }

  async touch(...[system, id, at]: Parameters<ApiKeyStore['touch']>): ReturnType<ApiKeyStore['touch']> {
    return this.storeOf(system).touch(system, id, at);
  }

  onChange(dropped: (system: string | null, id: string | null) => void): { close(): void } {
    this.listeners.add(dropped);
    return { close: () => void this.listeners.delete(dropped) };
  }

  private storeOf(system: string): ApiKeyStore {
    const known = this.known.get(system);
    if (known) return known;
    const store = this.provider.of(system).apiKeys;
    this.known.set(system, store);
    store.onChange((changed, id) => {
      for (const dropped of this.listeners) dropped(changed, id);
    });
    return store;
  }
}
