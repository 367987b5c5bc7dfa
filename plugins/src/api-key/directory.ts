import type { ApiKeyRecord, ApiKeyStore, BaseEffects } from '@gatehouse/policy';
import { GenerationCache } from '../lib/generation-cache.js';
import type { KeyDirectory } from './policy.js';

/** Records, and names of keys that do not exist, that are remembered. */
const REMEMBERED_MAX = 10_000;
/** A use is noted at most once in this time per key and process. */
const TOUCH_MS = 60_000;

interface Entry {
  readonly record: ApiKeyRecord | null;
  readonly until: number;
}

/** Records in memory for a while; a change heard from the store drops them at once. */
export class CachedDirectory implements KeyDirectory {
  private readonly entries = new GenerationCache<Entry>(REMEMBERED_MAX);
  private readonly touched = new GenerationCache<number>(REMEMBERED_MAX);
  /** Counts what was heard of. */
  private changes = 0;
  private readonly listening: { close(): void };

  constructor(
    private readonly store: ApiKeyStore,
    private readonly cacheMs: number,
    private readonly effects: Pick<BaseEffects, 'log'>,
  ) {
    this.listening = store.onChange((system, id) => {
      this.changes++;
      if (system === null || id === null) this.entries.clear();
      else this.entries.delete(`${system} ${id}`);
    });
  }

  remembered(system: string, id: string, now: number): ApiKeyRecord | null | undefined {
    const entry = this.entries.get(`${system} ${id}`);
    return entry && now < entry.until ? entry.record : undefined;
  }

  async fetch(system: string, id: string, now: number): Promise<ApiKeyRecord | null> {
    const before = this.changes;
    const record = await this.store.get(system, id);
    // What was read before a change was heard of may be what was changed: good for this request, not for later ones.
    if (this.cacheMs > 0 && before === this.changes) this.entries.set(`${system} ${id}`, { record, until: now + this.cacheMs });
    return record;
  }

  used({ system, id, lastUsedAt }: ApiKeyRecord, now: number): void {
    const key = `${system} ${id}`;
    const last = this.touched.get(key) ?? lastUsedAt;
    if (last !== null && now - last < TOUCH_MS) return;
    this.touched.set(key, now);
    this.store
      .touch(system, id, now)
      .catch((error) => this.effects.log('warn', 'the use of an API key could not be noted', { error: String(error) }));
  }

  close(): void {
    this.listening.close();
  }
}
