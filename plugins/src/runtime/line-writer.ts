import type { TimerHandle, Timers } from '@gatehouse/policy';

const EVERY_MS = 50;
/** Characters that wait at most; lines beyond are dropped and counted, as a slow disk must not eat the memory. */
const WAITING_MAX = 1_048_576;

/** Writes lines some at a time: one write for all of a moment. */
export class LineWriter {
  private waiting: string[] = [];
  private length = 0;
  private dropped = 0;
  private timer: TimerHandle | null = null;

  /** @param sink takes text with its line breaks */
  constructor(
    private readonly sink: (text: string) => unknown,
    private readonly timers: Timers,
  ) {}

  /** @param line without its line break */
  write(line: string): void {
    if (this.length + line.length > WAITING_MAX) {
      this.dropped++;
      return;
    }
    this.waiting.push(line);
    this.length += line.length + 1;
    this.timer ??= this.timers.after(EVERY_MS, () => this.flush());
  }

  /** Writes what waits now. */
  flush(): void {
    if (this.timer) this.timers.cancel(this.timer);
    this.timer = null;
    if (this.dropped > 0)
      this.waiting.push(JSON.stringify({ level: 'warn', message: 'lines of the access log were dropped', dropped: this.dropped }));
    if (this.waiting.length > 0) this.sink(`${this.waiting.join('\n')}\n`);
    this.waiting = [];
    this.length = 0;
    this.dropped = 0;
  }
}
