/** Events that were published and are not stored yet, in memory, bounded. */
import { type Time, within } from '../time.js';

interface Entry {
  readonly number: number;
  readonly line: string;
}

interface Waiter {
  /** Numbers of the first and the last event that it asks for. */
  readonly from: number;
  readonly to: number;
  resolve(kept: boolean): void;
}

/** Events in memory until the store has them, bounded in number and bytes. */
export class WaitingEvents {
  private entries: Entry[] = [];
  private bytesHeld = 0;
  private published = 0;
  private lastDropped = 0;
  private waiters: Waiter[] = [];

  /** @param max bounds of what waits: events, and characters of their lines */
  constructor(
    private readonly max: { readonly events: number; readonly bytes: number },
    private readonly time: Time,
  ) {}

  get length(): number {
    return this.entries.length;
  }

  get bytes(): number {
    return this.bytesHeld;
  }

  /** The oldest line. */
  get first(): string | undefined {
    return this.entries[0]?.line;
  }

  /** Takes a line, or counts it as dropped when there is no room or none was given. @returns whether it was taken */
  push(line: string | null): boolean {
    this.published++;
    if (line === null || this.entries.length >= this.max.events || this.bytesHeld + line.length > this.max.bytes) {
      this.lastDropped = this.published;
      return false;
    }
    this.entries.push({ number: this.published, line });
    this.bytesHeld += line.length;
    return true;
  }

  /** The oldest lines, at least one if there is any. They stay until `settle`. */
  head(maxLines: number, maxBytes: number): string[] {
    const lines: string[] = [];
    let bytes = 0;
    for (const { line } of this.entries) {
      bytes += line.length;
      if (lines.length >= maxLines || (lines.length > 0 && bytes > maxBytes)) break;
      lines.push(line);
    }
    return lines;
  }

  /** The oldest `kept` are in good hands, the `dropped` behind them are given up. */
  settle(kept: number, dropped: number): void {
    const gone = this.entries.splice(0, kept + dropped);
    for (const { line } of gone) this.bytesHeld -= line.length;
    if (dropped > 0) this.lastDropped = Math.max(this.lastDropped, gone.at(-1)?.number ?? 0);
    this.answer();
  }

  /** Resolves when all that waits now has been settled; false when it or a later one was dropped, or after `ms`. */
  async settled(ms: number): Promise<boolean> {
    const from = Math.min(this.entries[0]?.number ?? Number.POSITIVE_INFINITY, this.published);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter = { from, to: this.published, resolve };
    this.waiters.push(waiter);
    this.answer();
    const kept = await within(this.time, ms, promise, null);
    if (kept === null) this.waiters = this.waiters.filter((one) => one !== waiter);
    return kept ?? false;
  }

  private answer(): void {
    const done = (this.entries[0]?.number ?? Number.POSITIVE_INFINITY) - 1;
    const ready = this.waiters.filter((waiter) => waiter.to <= done);
    if (ready.length === 0) return;
    this.waiters = this.waiters.filter((waiter) => waiter.to > done);
    for (const waiter of ready) waiter.resolve(this.lastDropped < waiter.from || waiter.to === 0);
  }
}
