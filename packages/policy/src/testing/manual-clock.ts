import type { Clock, TimerHandle, Timers } from '../effects.js';

interface Due {
  at: number;
  run: () => void;
}

/** A clock that stands until a test moves it, and runs the timers that become due on the way, in order. */
export class ManualClock implements Clock, Timers {
  private readonly due = new Set<Due>();

  /** @param time Unix milliseconds at the start */
  constructor(private time = 1_800_000_000_000) {}

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(ms: number, run: () => void): TimerHandle {
    const timer = { at: this.time + ms, run };
    this.due.add(timer);
    return timer;
  }

  cancel(handle: TimerHandle): void {
    this.due.delete(handle as Due);
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.due.size;
  }

  /** Moves on by `ms`; after each timer, promises that it settled get to run. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (let next = this.next(end); next; next = this.next(end)) {
      this.due.delete(next);
      this.time = Math.max(this.time, next.at);
      next.run();
      await flush();
    }
    this.time = end;
    await flush();
  }

  private next(end: number): Due | undefined {
    return [...this.due].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** Lets everything that is settled run, promises of promises too. */
async function flush(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
