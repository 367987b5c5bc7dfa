/** Refusals that stand until a moment, so that a flood costs no Redis. Bounded: the oldest are forgotten first. */

/** No refusal is believed for longer than the longest window: a clock may have been set back. */
const BELIEVED_MAX_MS = 31 * 24 * 3600 * 1000;

/** Full counters, by key, with the moment at which each lets the next request through. */
export class Denials {
  private readonly until = new Map<string, number>();

  /** @param capacity refusals that are remembered at most */
  constructor(private readonly capacity = 20_000) {}

  /** @returns milliseconds for which this counter is still full, or 0 */
  remaining(key: string, now: number): number {
    if (this.until.size === 0) return 0;
    const until = this.until.get(key);
    if (until === undefined) return 0;
    const left = until - now;
    if (left > 0 && left <= BELIEVED_MAX_MS) return left;
    this.until.delete(key);
    return 0;
  }

  /** @param until Unix milliseconds */
  remember(key: string, until: number): void {
    // Set anew, it stands last.
    this.until.delete(key);
    if (this.until.size >= this.capacity) {
      for (const oldest of this.until.keys()) {
        this.until.delete(oldest);
        break;
      }
    }
    this.until.set(key, until);
  }

  get size(): number {
    return this.until.size;
  }

  clear(): void {
    this.until.clear();
  }
}
