import type { ApiKeyRecord, ApiKeyStore } from '@gatehouse/policy';

type Listener = (system: string | null, id: string | null) => void;

/** The store is full. */
export class ApiKeyStoreFullError extends Error {
  readonly code = 'API_KEY_STORE_FULL';
  constructor() {
    super('the store of API keys is full');
    this.name = 'ApiKeyStoreFullError';
  }
}

/** Keys of this process alone. */
export class MemoryApiKeyStore implements ApiKeyStore {
  private readonly records = new Map<string, ApiKeyRecord>();
  private readonly listeners = new Set<Listener>();

  /** @param capacity keys that are kept at most */
  constructor(private readonly capacity = 10_000) {}

  async get(system: string, id: string): Promise<ApiKeyRecord | null> {
    return this.records.get(`${system} ${id}`) ?? null;
  }

  async put(record: ApiKeyRecord): Promise<void> {
    const key = `${record.system} ${record.id}`;
    if (!this.records.has(key) && this.records.size >= this.capacity) throw new ApiKeyStoreFullError();
    this.records.set(key, record);
    for (const listener of this.listeners) listener(record.system, record.id);
  }

  async list(system: string, limit: number): Promise<readonly ApiKeyRecord[]> {
    const own = [...this.records.values()].filter((record) => record.system === system);
    return own.sort((a, b) => b.createdAt - a.createdAt).slice(0, limit);
  }

  async touch(system: string, id: string, at: number): Promise<void> {
    const key = `${system} ${id}`;
    const known = this.records.get(key);
    if (known) this.records.set(key, { ...known, lastUsedAt: Math.max(at, known.lastUsedAt ?? 0) });
  }

  onChange(dropped: Listener): { close(): void } {
    this.listeners.add(dropped);
    return { close: () => this.listeners.delete(dropped) };
  }
}
