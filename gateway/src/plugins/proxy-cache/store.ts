/** Answers in memory, within bounds: the least recently used go first. */

export interface CachedAnswer {
  readonly status: number;
  /** What a hit sends: no hop-by-hop headers, none of the cache's own. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
  /** Unix seconds at which it was stored. */
  readonly timestamp: number;
  /** Seconds for which it was said to be fresh. */
  readonly ttl: number;
}

export interface StoreLimits {
  readonly entries: number;
  readonly bytes: number;
}

interface Slot {
  readonly answer: CachedAnswer;
  readonly expiresAt: number;
  readonly bytes: number;
}

/** What an entry costs beside its texts and body, roughly. */
const OVERHEAD_BYTES = 512;

function sizeOf(key: string, answer: CachedAnswer): number {
  let bytes = OVERHEAD_BYTES + 2 * key.length + answer.body.length;
  for (const [name, value] of Object.entries(answer.headers)) bytes += 2 * (name.length + [value].flat().join().length);
  return bytes;
}

export class AnswerStore {
  /** In the order of use, the oldest first. */
  private readonly slots = new Map<string, Slot>();
  private total = 0;

  constructor(private readonly limits: StoreLimits) {}

  get size(): number {
    return this.slots.size;
  }

  /** Bytes in use, roughly; never above the limit. */
  get bytes(): number {
    return this.total;
  }

  /** Null when there is none, or none any more at `now` (Unix ms). */
  get(key: string, now: number): CachedAnswer | null {
    const slot = this.slots.get(key);
    if (!slot) return null;
    this.slots.delete(key);
    if (slot.expiresAt <= now) {
      this.total -= slot.bytes;
      return null;
    }
    this.slots.set(key, slot);
    return slot.answer;
  }

  /** Keeps an answer until `expiresAt` (Unix ms) or until room is needed. False when it is larger than the whole store. */
  set(key: string, answer: CachedAnswer, expiresAt: number): boolean {
    this.delete(key);
    const bytes = sizeOf(key, answer);
    if (bytes > this.limits.bytes || this.limits.entries < 1) return false;
    this.slots.set(key, { answer, expiresAt, bytes });
    this.total += bytes;
    this.makeRoom();
    return true;
  }

  private delete(key: string): void {
    const slot = this.slots.get(key);
    if (!slot) return;
    this.slots.delete(key);
    this.total -= slot.bytes;
  }

  private makeRoom(): void {
    for (const key of this.slots.keys()) {
      if (this.total <= this.limits.bytes && this.slots.size <= this.limits.entries) return;
      this.delete(key);
    }
  }
}
