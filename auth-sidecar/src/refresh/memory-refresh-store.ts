import type { RefreshOutcome, RefreshState, RefreshStore, TokenNote } from './refresh-store.js';

interface Entry {
  note: TokenNote | null;
  spent: boolean;
  lease: { owner: string; until: number } | null;
  outcome: { text: string; until: number } | null;
  until: number;
}

/** Tokens that are kept at most; the oldest go first. */
const CAPACITY = 200_000;

/** Refresh tokens of this process alone. */
export class MemoryRefreshStore implements RefreshStore {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly now: () => number,
    private readonly capacity = CAPACITY,
  ) {}

  async note(token: string, note: TokenNote, ms: number): Promise<void> {
    this.add(token, { note, spent: false, lease: null, outcome: null, until: this.now() + ms });
  }

  async begin(token: string, owner: string, leaseMs: number): Promise<RefreshState> {
    const now = this.now();
    const entry = this.live(token) ?? this.add(token, { note: null, spent: false, lease: null, outcome: null, until: now + leaseMs });
    if (entry.outcome && entry.outcome.until > now) return { state: 'kept', outcome: entry.outcome.text };
    if (entry.spent) return { state: 'spent', note: entry.note! };
    if (entry.lease && entry.lease.until > now && entry.lease.owner !== owner) return { state: 'busy' };
    this.hold(entry, owner, leaseMs);
    return { state: 'mine', note: entry.note };
  }

  async renew(token: string, owner: string, leaseMs: number): Promise<boolean> {
    const entry = this.live(token);
    if (entry?.lease?.owner !== owner || entry.lease.until <= this.now()) return false;
    this.hold(entry, owner, leaseMs);
    return true;
  }

  async complete(token: string, owner: string, { outcome, outcomeMs, spent, successor, noteMs }: RefreshOutcome): Promise<void> {
    const now = this.now();
    const entry = this.live(token);
    const holds = entry?.lease?.owner === owner;
    if (!spent && !holds) return;
    const kept = { text: outcome, until: now + outcomeMs };
    const until = Math.max(entry?.until ?? 0, now + (spent ? noteMs : outcomeMs));
    this.add(token, { note: spent ?? entry?.note ?? null, spent: spent !== null, lease: null, outcome: kept, until });
    if (spent && successor !== null) await this.note(successor, spent, noteMs);
  }

  async release(token: string, owner: string): Promise<void> {
    const entry = this.live(token);
    if (entry?.lease?.owner === owner) entry.lease = null;
  }

  private hold(entry: Entry, owner: string, leaseMs: number): void {
    const until = this.now() + leaseMs;
    entry.lease = { owner, until };
    entry.until = Math.max(entry.until, until);
  }

  private live(token: string): Entry | null {
    const entry = this.entries.get(token);
    return entry && entry.until > this.now() ? entry : null;
  }

  private add(token: string, entry: Entry): Entry {
    this.entries.delete(token);
    if (this.entries.size >= this.capacity) this.sweep();
    this.entries.set(token, entry);
    return entry;
  }

  private sweep(): void {
    const now = this.now();
    for (const [token, { until }] of this.entries) if (until <= now) this.entries.delete(token);
    for (const token of this.entries.keys()) {
      if (this.entries.size < this.capacity) break;
      this.entries.delete(token);
    }
  }
}
