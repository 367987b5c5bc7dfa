import type { PutOutcome, SessionRecord, SessionStore } from './session-store.js';

interface Kept<T> {
  readonly value: T;
  readonly until: number;
}

/** Sessions and ends that are kept at most; the oldest go first. */
const CAPACITY = 100_000;

/** A map whose entries end, bounded in number. */
class ExpiringMap<T> {
  private readonly entries = new Map<string, Kept<T>>();

  constructor(
    private readonly now: () => number,
    private readonly capacity: number,
    private readonly dropped: (key: string, value: T) => void = () => undefined,
  ) {}

  get(key: string): T | null {
    const kept = this.entries.get(key);
    if (!kept) return null;
    if (kept.until > this.now()) return kept.value;
    this.delete(key);
    return null;
  }

  set(key: string, value: T, ttlMs: number): void {
    this.entries.delete(key);
    if (this.entries.size >= this.capacity) this.sweep();
    this.entries.set(key, { value, until: this.now() + ttlMs });
  }

  delete(key: string): void {
    const kept = this.entries.get(key);
    if (!kept) return;
    this.entries.delete(key);
    this.dropped(key, kept.value);
  }

  private sweep(): void {
    const now = this.now();
    for (const [key, { until }] of this.entries) if (until <= now) this.delete(key);
    for (const key of this.entries.keys()) {
      if (this.entries.size < this.capacity) break;
      this.delete(key);
    }
  }
}

/** Sessions of this process alone. */
export class MemorySessionStore implements SessionStore {
  private readonly sessions: ExpiringMap<SessionRecord>;
  private readonly ends: ExpiringMap<number>;
  /** Ids by user. */
  private readonly users = new Map<string, Set<string>>();

  constructor(now: () => number, capacity = CAPACITY) {
    this.sessions = new ExpiringMap(now, capacity, (id, { userId }) => this.unlist(userId, id));
    this.ends = new ExpiringMap(now, capacity);
  }

  async put(record: SessionRecord, limit: number, ttlMs: number): Promise<PutOutcome> {
    const ended = this.ends.get(record.id);
    if (ended !== null && ended >= record.issuedAt) return { taken: false, beyond: [] };
    this.sessions.set(record.id, record, ttlMs);
    const ids = this.users.get(record.userId) ?? new Set<string>();
    this.users.set(record.userId, ids.add(record.id));
    const others = this.ofUser(record.userId).filter(({ id }) => id !== record.id);
    return { taken: true, beyond: others.slice(limit - 1).reverse() };
  }

  async update(record: SessionRecord, ttlMs: number): Promise<boolean> {
    if (this.sessions.get(record.id) === null) return false;
    this.sessions.set(record.id, record, ttlMs);
    return true;
  }

  async get(id: string): Promise<SessionRecord | null> {
    return this.sessions.get(id);
  }

  async list(userId: string, limit: number): Promise<readonly SessionRecord[]> {
    return this.ofUser(userId).slice(0, limit);
  }

  async end(id: string, at: number, keepMs: number): Promise<{ record: SessionRecord | null; first: boolean }> {
    const record = this.sessions.get(id);
    const before = this.ends.get(id);
    this.sessions.delete(id);
    this.ends.set(id, Math.max(at, before ?? 0), keepMs);
    return { record, first: record !== null || before === null };
  }

  async endedAt(id: string): Promise<number | null> {
    return this.ends.get(id);
  }

  /** Newest first. */
  private ofUser(userId: string): SessionRecord[] {
    const ids = [...(this.users.get(userId) ?? [])];
    return ids.flatMap((id) => this.sessions.get(id) ?? []).sort((a, b) => b.since - a.since);
  }

  private unlist(userId: string, id: string): void {
    const ids = this.users.get(userId);
    ids?.delete(id);
    if (ids?.size === 0) this.users.delete(userId);
  }
}
