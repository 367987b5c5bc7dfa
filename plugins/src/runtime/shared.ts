/** State of the process that instances share by key: kept for a while after the last lease, since instances come and go. */
import type { Lease, Shared, Timers } from '@gatehouse/policy';

interface Entry {
  readonly value: { close?(): void };
  leases: number;
  closing: object | null;
}

/** How long a value waits for the next instance: a reload makes new ones before and after it drops the old ones. */
const LINGER_MS = 60_000;

export class SharedState implements Shared {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly timers: Timers) {}

  acquire<T extends { close?(): void }>(key: string, create: () => T): Lease<T> {
    const entry = this.entries.get(key) ?? this.add(key, create());
    entry.leases++;
    if (entry.closing) {
      this.timers.cancel(entry.closing);
      entry.closing = null;
    }
    let held = true;
    const release = (): void => {
      if (held) this.release(key, entry);
      held = false;
    };
    return { value: entry.value as T, release };
  }

  /** Closes everything at once. */
  close(): void {
    for (const entry of this.entries.values()) {
      if (entry.closing) this.timers.cancel(entry.closing);
      entry.value.close?.();
    }
    this.entries.clear();
  }

  private add(key: string, value: { close?(): void }): Entry {
    const entry: Entry = { value, leases: 0, closing: null };
    this.entries.set(key, entry);
    return entry;
  }

  private release(key: string, entry: Entry): void {
    entry.leases--;
    if (entry.leases > 0) return;
    entry.closing = this.timers.after(LINGER_MS, () => {
      this.entries.delete(key);
      entry.value.close?.();
    });
  }
}
