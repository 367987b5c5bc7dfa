import type { FirstAnswer, IdempotencyClaim, IdempotencyStore } from '@gatehouse/policy';

interface Entry {
  readonly owner: string;
  readonly fingerprint: string;
  answer: FirstAnswer | null;
  until: number;
}

/** The store is full of keys that may not be forgotten yet. */
export class IdempotencyStoreFullError extends Error {
  readonly code = 'IDEMPOTENCY_STORE_FULL';
  constructor() {
    super('the store of first answers is full');
    this.name = 'IdempotencyStoreFullError';
  }
}

/** What an entry weighs beside its body: keys, headers, the objects themselves. */
const ENTRY_BYTES = 1024;

/** First answers in this process alone. Bounded in bytes: when full of what is still good, it refuses rather than forget. */
export class MemoryIdempotencyStore implements IdempotencyStore {
  private readonly entries = new Map<string, Entry>();
  private bytes = 0;

  /** @param capacity bytes that are kept at most */
  constructor(
    private readonly now: () => number,
    private readonly capacity = 64 * 1024 * 1024,
  ) {}

  async claim(key: string, owner: string, fingerprint: string, ttlMs: number): Promise<IdempotencyClaim> {
    const found = this.live(key);
    if (found) {
      if (found.fingerprint !== fingerprint) return { state: 'mismatch' };
      if (found.answer) return { state: 'done', answer: found.answer };
      if (found.owner !== owner) return { state: 'running' };
    }
    this.makeRoom(ENTRY_BYTES);
    this.set(key, { owner, fingerprint, answer: null, until: this.now() + ttlMs });
    return { state: 'new' };
  }

  async complete(key: string, owner: string, answer: FirstAnswer, ttlMs: number): Promise<void> {
    const found = this.live(key);
    if (found?.owner !== owner) return;
    this.makeRoom(answer.body.length);
    this.set(key, { ...found, answer, until: this.now() + ttlMs });
  }

  async release(key: string, owner: string): Promise<void> {
    const found = this.live(key);
    if (found?.owner === owner && !found.answer) this.remove(key, found);
  }

  private live(key: string): Entry | undefined {
    const found = this.entries.get(key);
    if (!found || found.until > this.now()) return found;
    this.remove(key, found);
    return undefined;
  }

  private set(key: string, entry: Entry): void {
    const before = this.entries.get(key);
    if (before) this.remove(key, before);
    this.entries.set(key, entry);
    this.bytes += weight(entry);
  }

  private remove(key: string, entry: Entry): void {
    this.entries.delete(key);
    this.bytes -= weight(entry);
  }

  private makeRoom(wanted: number): void {
    if (this.bytes + wanted <= this.capacity) return;
    const now = this.now();
    for (const [key, entry] of this.entries) if (entry.until <= now) this.remove(key, entry);
    if (this.bytes + wanted > this.capacity) throw new IdempotencyStoreFullError();
  }
}

const weight = (entry: Entry): number => ENTRY_BYTES + (entry.answer?.body.length ?? 0);
