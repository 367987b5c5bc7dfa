/** What keeps the events of an outbox until they are delivered. A file or a Redis stream: one suite (`store.suite.ts`) holds both. */

/** The oldest undelivered events. Give it back to `remove` when they arrived. */
export interface StoredBatch {
  /** Events as `encodeEvent` wrote them, oldest first. */
  readonly lines: readonly string[];
}

export interface StoreSize {
  /** Events that are kept, those of other replicas included. As of the last call of the store. */
  readonly events: number;
  /** Their bytes; 0 where the store does not know. */
  readonly bytes: number;
  /** Events whose record was spoiled, since the process's start. */
  readonly damaged: number;
}

export interface OutboxStore {
  /** How often to look for events that other replicas stored, in milliseconds; null when there are none. */
  readonly pollMs: number | null;
  /**
   * Keeps lines behind those that are there. When it resolves, a crash of this process can't lose them.
   * @returns how many were taken, from the first on: fewer than given when the store's bound is reached
   * @throws StoreError when none can be kept now; some may have been, and will come twice
   */
  append(lines: readonly string[]): Promise<number>;
  /**
   * The oldest lines, at most `maxLines` and `maxBytes`, perhaps fewer, but at least one if there is any. The same until they are removed.
   * @returns null when another replica delivers at present
   * @throws StoreError
   */
  next(maxLines: number, maxBytes: number): Promise<StoredBatch | null>;
  /**
   * Forgets a batch that arrived.
   * @throws StoreError when it can't: the batch will come again
   */
  remove(batch: StoredBatch): Promise<void>;
  /** Lets another replica deliver, since this one can't at present. */
  yield(): Promise<void>;
  size(): StoreSize;
  close(): Promise<void>;
}
