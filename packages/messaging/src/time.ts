/** Time as a port, so that tests need not wait for it. */

/** What `cancel` takes back. */
export type TimerHandle = object;

export interface Time {
  /** Unix milliseconds. */
  now(): number;
  after(ms: number, run: () => void): TimerHandle;
  cancel(handle: TimerHandle): void;
}

/** The machine's clock. Its timers keep the process alive: one that drains an outbox must not end before. */
export const systemTime: Time = {
  now: () => Date.now(),
  after: (ms, run) => setTimeout(run, ms),
  cancel: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

/** A promise's value, or `late` when it takes longer than `ms`. The promise's own failure is passed on. */
export async function within<T, L>(time: Time, ms: number, promise: Promise<T>, late: L): Promise<T | L> {
  let timer: TimerHandle | undefined;
  const deadline = new Promise<L>((resolve) => {
    timer = time.after(ms, () => resolve(late));
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    if (timer) time.cancel(timer);
  }
}

/** Something to wait at until somebody calls. A call that comes while nobody waits is kept for the next who does. */
export class Bell {
  private rung = false;
  private wake: (() => void) | null = null;

  constructor(private readonly time: Time) {}

  ring(): void {
    this.rung = true;
    this.wake?.();
  }

  /** @param ms how long to wait at most; null: until it rings */
  async wait(ms: number | null): Promise<void> {
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        const timer = ms === null ? null : this.time.after(ms, resolve);
        this.wake = () => {
          if (timer) this.time.cancel(timer);
          resolve();
        };
      });
    }
    this.wake = null;
    this.rung = false;
  }
}

/** Lets one job at a time run, in the order in which they came. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(job: () => Promise<T>): Promise<T> {
    const mine = this.last.then(job);
    this.last = mine.catch(() => undefined);
    return mine;
  }
}
