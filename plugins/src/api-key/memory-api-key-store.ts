import { API_KEYS_MAX, type ApiKeyRecord, type ApiKeyStore, ApiKeyStoreFullError, apiKeyKeptUntil } from '@gatehouse/policy';

type Listener = (system: string | null, id: string | null) => void;

/** Newest first; of the same moment, by id. */
const inOrder = (a: ApiKeyRecord, b: ApiKeyRecord): number => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);

/** Keys of this process alone. */
export class MemoryApiKeyStore implements ApiKeyStore {
  private readonly records = new Map<string, ApiKeyRecord>();
  private readonly listeners = new Set<Listener>();

  /** @param capacity keys of a system that are kept at most */
  constructor(
    private readonly now: () => number,
    private readonly capacity = API_KEYS_MAX,
  ) {}

  async get(system: string, id: string): Promise<ApiKeyRecord | null> {
    return this.records.get(`${system} ${id}`) ?? null;
  }

  async put(record: ApiKeyRecord, over?: ApiKeyRecord): Promise<boolean> {
    const key = `${record.system} ${record.id}`;
    const known = this.records.get(key);
    if (over && !(known?.hash === over.hash && known.revokedAt === over.revokedAt)) return false;
    if (!known && this.all(record.system).length >= this.capacity) throw new ApiKeyStoreFullError();
    const used = Math.max(record.lastUsedAt ?? 0, known?.lastUsedAt ?? 0);
    this.records.set(key, used === 0 ? record : { ...record, lastUsedAt: used });
    for (const listener of this.listeners) listener(record.system, record.id);
    return true;
  }

  async list(system: string, limit: number, after?: string): Promise<readonly ApiKeyRecord[]> {
    const own = this.all(system).sort(inOrder);
    const at = after === undefined ? 0 : own.findIndex(({ id }) => id === after) + 1;
    return after !== undefined && at === 0 ? [] : own.slice(at, at + limit);
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

  /** A system's keys, without those that are past for long. */
  private all(system: string): ApiKeyRecord[] {
    const now = this.now();
    const own = [...this.records.values()].filter((record) => record.system === system);
    return own.filter((record) => {
      const past = (apiKeyKeptUntil(record) ?? Number.POSITIVE_INFINITY) <= now;
      if (past) this.records.delete(`${system} ${record.id}`);
      return !past;
    });
  }
}
