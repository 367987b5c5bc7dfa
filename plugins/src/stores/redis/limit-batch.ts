/** Requests that are counted together: those of one turn of the event loop share a script, so that each costs Redis and this process less. */
import type { LimitAsk, LimitReply, LimitWindow } from '@gatehouse/policy';

/** Counters that one script looks at, at most: others wait for Redis meanwhile, and Lua's stack has an end. */
export const BATCH_KEYS_MAX = 256;

interface Waiting {
  /** Of its first number in the reply. */
  readonly from: number;
  readonly to: number;
  readonly resolve: (reply: LimitReply) => void;
  readonly reject: (error: unknown) => void;
}

/** The requests of one script. */
export class LimitBatch {
  readonly keys: string[] = [];
  private readonly codes: string[] = [];
  private readonly windows: LimitWindow[] = [];
  private readonly waiting: Waiting[] = [];

  /** Whether one more request with so many windows fits in. */
  fits(windows: number): boolean {
    return this.keys.length === 0 || this.keys.length + windows <= BATCH_KEYS_MAX;
  }

  /** @param prefix of the counters' keys */
  add(prefix: string, asks: readonly LimitAsk[]): Promise<LimitReply> {
    const from = 2 * this.keys.length;
    for (let i = 0; i < asks.length; i++) {
      const { window, subject, cost } = asks[i]!;
      this.keys.push(prefix + window.id + subject);
      this.codes.push(String(4 * this.placeOf(window) + 2 * cost + (i === asks.length - 1 ? 1 : 0)));
    }
    const to = from + 2 * asks.length;
    return new Promise((resolve, reject) => this.waiting.push({ from, to, resolve, reject }));
  }

  /**
   * Arguments of the script.
   * @param now Unix milliseconds, or '' for the server's clock
   */
  args(now: string): string[] {
    const args = [now, String(this.windows.length)];
    for (const window of this.windows) args.push(String(window.limit), String(window.periodMs), window.sliding ? '1' : '0');
    return args.concat(this.codes);
  }

  resolve(reply: LimitReply): void {
    for (const { from, to, resolve } of this.waiting) resolve(from === 0 && to === reply.length ? reply : reply.slice(from, to));
  }

  reject(error: unknown): void {
    for (const { reject } of this.waiting) reject(error);
  }

  /** Counted from 1. */
  private placeOf(window: LimitWindow): number {
    const known = this.windows.indexOf(window);
    return known >= 0 ? known + 1 : this.windows.push(window);
  }
}
