import type { ReplayStore } from '@gatehouse/policy';

interface Entry {
  owner: string;
  done: boolean;
  until: number;
}

/** The store is full of ids that may not be forgotten yet. */
export class ReplayStoreFullError extends Error {
  readonly code = 'REPLAY_STORE_FULL';
  constructor() {
    super('the replay store is full');
    this.name = 'ReplayStoreFullError';
  }
}

/** Remembers in this process alone. Bounded: when full of what is still good, it refuses rather than forget. */
export class MemoryReplayStore implements ReplayStore {
  private readonly entries = new Map<string, Entry>();

  /** @param capacity ids that are kept at most */
  constructor(
    private readonly now: () => number,
    private readonly capacity = 100_000,
  ) {}

  async claim(key: string, owner: string, ttlMs: number): Promise<'new' | 'pending' | 'done'> {
    const found = this.live(key);
    if (found?.done) return 'done';
    if (found && found.owner !== owner) return 'pending';
    if (!found && this.entries.size >= this.capacity) this.sweep();
    this.entries.set(key, { owner, done: false, until: this.now() + ttlMs });
    return 'new';
  }

  async confirm(key: string, owner: string, ttlMs: number): Promise<void> {
    const found = this.live(key);
    if (found?.owner === owner) this.entries.set(key, { owner, done: true, until: this.now() + ttlMs });
  }

  async release(key: string, owner: string): Promise<void> {
    const found = this.live(key);
    if (found?.owner === owner && !found.done) this.entries.delete(key);
  }

  private live(key: string): Entry | undefined {
    const found = this.entries.get(key);
    if (!found || found.until > this.now()) return found;
    this.entries.delete(key);
    return undefined;
  }

  private sweep(): void {
    const now = this.now();
    for (const [key, entry] of this.entries) if (entry.until <= now) this.entries.delete(key);
    if (this.entries.size >= this.capacity) throw new ReplayStoreFullError();
  }
}
