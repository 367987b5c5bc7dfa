/** Deadlines of commands that all get the same time: one timer for many, since they end in the order in which they began. */
import type { Clock, TimerHandle, Timers } from '@gatehouse/policy';

/** Something that ends when its answer comes, or at its deadline. */
export interface Pending {
  /** Set by whoever settles it. */
  done: boolean;
  expire(): void;
}

interface Entry {
  readonly at: number;
  readonly pending: Pending;
}

/** Answered entries at the front are let go of after this many, even when the timer is not due. */
const COMPACT = 1024;

/** A queue of what is pending, oldest first. */
export class Deadlines {
  private entries: Entry[] = [];
  private first = 0;
  private timer: TimerHandle | null = null;

  /** @param ms that each gets */
  constructor(
    readonly ms: number,
    private readonly clock: Timers & Pick<Clock, 'monotonic'>,
  ) {}

  add(pending: Pending): void {
    this.entries.push({ at: this.clock.monotonic() + this.ms, pending });
    if (this.timer === null) this.arm(this.ms);
    this.skip();
  }

  close(): void {
    if (this.timer !== null) this.clock.cancel(this.timer);
    this.timer = null;
  }

  private arm(ms: number): void {
    this.timer = this.clock.after(ms, () => {
      // Answers that wait in the socket because this process was busy are read before anything expires.
      setImmediate(() => this.due());
    });
  }

  /** Moves on past what is answered. */
  private skip(): void {
    const { entries } = this;
    while (this.first < entries.length && entries[this.first]!.pending.done) this.first++;
    if (this.first < COMPACT && this.first < entries.length) return;
    this.entries = entries.slice(this.first);
    this.first = 0;
  }

  private due(): void {
    this.timer = null;
    const now = this.clock.monotonic();
    for (let i = this.first; i < this.entries.length; i++) {
      const { at, pending } = this.entries[i]!;
      if (at > now) break;
      if (!pending.done) pending.expire();
    }
    this.skip();
    const next = this.entries[this.first];
    if (next && this.timer === null) this.arm(Math.max(1, Math.ceil(next.at - now)));
  }
}
