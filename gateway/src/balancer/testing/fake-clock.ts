import type { Timers } from '../environment.js';

interface Planned {
  readonly at: number;
  readonly run: () => void;
}

/** Time that passes only when a test says so. */
export class FakeClock implements Timers {
  private time = 1_000_000;
  private readonly planned = new Set<Planned>();

  readonly now = (): number => this.time;

  /** How many timers wait. */
  get waiting(): number {
    return this.planned.size;
  }

  setTimeout(run: () => void, ms: number): unknown {
    const timer = { at: this.time + ms, run };
    this.planned.add(timer);
    return timer;
  }

  clearTimeout(handle: unknown): void {
    this.planned.delete(handle as Planned);
  }

  /** Lets time pass; timers run in order, and what they set going has settled before the next one runs. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settled();
    for (let next = this.next(end); next !== null; next = this.next(end)) {
      this.planned.delete(next);
      this.time = Math.max(this.time, next.at);
      next.run();
      await settled();
    }
    this.time = end;
  }

  private next(end: number): Planned | null {
    let first: Planned | null = null;
    for (const timer of this.planned) if (timer.at <= end && (first === null || timer.at < first.at)) first = timer;
    return first;
  }
}

/** Waits until all promises that can settle have settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
