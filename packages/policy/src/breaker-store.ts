/** What nodes tell each other about circuit breakers. In process or on Redis; one conformance suite for both. */

export type BreakerState = 'closed' | 'open' | 'half-open';

/** A breaker as all nodes see it. */
export interface BreakerRecord {
  readonly service: string;
  readonly state: BreakerState;
  /** Milliseconds until an open breaker may be tried again, or until a forced state ends (null: when somebody says so). */
  readonly remainingMs: number | null;
  /** An operator said so: no outcome changes it. */
  readonly forced: boolean;
}

/** Breakers of one system. Rejects, and never hangs, when its backend is away. */
export interface BreakerStore {
  /** Null when nobody said anything about it. */
  read(service: string): Promise<BreakerRecord | null>;
  /** All services that a breaker was ever made for, by name. */
  list(): Promise<readonly BreakerRecord[]>;
  /** Makes a service known to `list`. */
  register(service: string): Promise<void>;
  /**
   * A node's breaker opened or closed. Changes nothing while an operator forces a state.
   * @returns what holds now
   */
  tell(record: BreakerRecord): Promise<BreakerRecord>;
  /** An operator forces a state, or with `forced: false` ends that. */
  force(record: BreakerRecord): Promise<void>;
  /**
   * Asks to be the one probe of the cluster.
   * @param owner the request
   * @returns false when another one is under way
   */
  lease(service: string, owner: string, ttlMs: number): Promise<boolean>;
  /** Gives the lease back. Nothing happens when another one holds it. */
  release(service: string, owner: string): Promise<void>;
  /** Tells of every change that another node or an operator made; null: some may have been missed, read again. */
  watch(changed: (record: BreakerRecord | null) => void): { close(): void };
}
