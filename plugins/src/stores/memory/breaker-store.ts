import type { BreakerRecord, BreakerStore } from '@gatehouse/policy';

interface Entry {
  readonly record: BreakerRecord;
  /** When it was said. */
  readonly at: number;
}

/** Breakers of this process alone: nobody else is told, but an operator in the same process is heard. */
export class MemoryBreakerStore implements BreakerStore {
  private readonly entries = new Map<string, Entry>();
  private readonly leases = new Map<string, { owner: string; until: number }>();
  private readonly services = new Set<string>();
  private readonly listeners = new Set<(record: BreakerRecord | null) => void>();

  constructor(private readonly now: () => number) {}

  async read(service: string): Promise<BreakerRecord | null> {
    const entry = this.entries.get(service);
    if (!entry) return null;
    const { record, at } = entry;
    const remainingMs = record.remainingMs === null ? null : Math.max(0, at + record.remainingMs - this.now());
    return record.forced && remainingMs === 0 ? null : { ...record, remainingMs };
  }

  async list(): Promise<readonly BreakerRecord[]> {
    const closed = (service: string): BreakerRecord => ({ service, state: 'closed', remainingMs: 0, forced: false });
    return Promise.all([...this.services].sort().map(async (service) => (await this.read(service)) ?? closed(service)));
  }

  async register(service: string): Promise<void> {
    this.services.add(service);
  }

  async tell(record: BreakerRecord): Promise<BreakerRecord> {
    const current = await this.read(record.service);
    if (current?.forced) return current;
    const told = { ...record, forced: false };
    this.entries.set(record.service, { record: told, at: this.now() });
    return told;
  }

  async force(record: BreakerRecord): Promise<void> {
    this.entries.set(record.service, { record, at: this.now() });
    for (const changed of [...this.listeners]) changed(record);
  }

  async lease(service: string, owner: string, ttlMs: number): Promise<boolean> {
    const held = this.leases.get(service);
    const now = this.now();
    if (held && held.until > now) return false;
    this.leases.set(service, { owner, until: now + ttlMs });
    return true;
  }

  async release(service: string, owner: string): Promise<void> {
    if (this.leases.get(service)?.owner === owner) this.leases.delete(service);
  }

  watch(changed: (record: BreakerRecord | null) => void): { close(): void } {
    this.listeners.add(changed);
    return { close: () => void this.listeners.delete(changed) };
  }
}
