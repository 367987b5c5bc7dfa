/** What a part says happened, on its way to those who read the topic. */

/** A value that JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };
export type JsonObject = { readonly [name: string]: JsonValue };

/** One event. It is kept as it was when it was published: later changes of `value` are not seen. */
export interface OutgoingEvent {
  /** Topic of the broker: 1–249 letters, digits, `.`, `_`, `-`. */
  readonly topic: string;
  /** Events of one key arrive in the order in which they were published: a user's id. 1–512 characters. */
  readonly key: string;
  /** Unique per event; a reader that sees an id again has seen the event already. 1–128 characters. */
  readonly id: string;
  /** `user.authenticated` and such: 1–128 characters. */
  readonly type: string;
  /** When it happened: RFC 3339, UTC. */
  readonly time: string;
  /** The message's body as its readers know it. At most 64 KiB as JSON. */
  readonly value: JsonObject;
  /** More headers of the message, such as `traceparent`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where parts hand in events. */
export interface EventPublisher {
  /**
   * Takes an event; it is delivered later, at least once, in order per key. Never waits, never throws:
   * what can't be kept (full, malformed) is dropped, counted and logged.
   */
  publish(event: OutgoingEvent): void;
  /**
   * Resolves once all that was published before is on disk (or in Redis), so that a crash can't lose it, or after `withinMs`
   * (default 250) or when it was dropped; never rejects. It does not wait for the broker.
   * @returns whether all of it is kept durably
   */
  stored(withinMs?: number): Promise<boolean>;
}

/** A message as the broker gets it. */
export interface BrokerMessage {
  readonly topic: string;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Something that carries messages to their readers: Kafka, or the one in process. */
export interface Broker {
  /**
   * Delivers a batch, all of it or an error; messages of one key in the batch's order. After an error some may have arrived:
   * the same batch is sent again.
   * @throws BrokerError
   */
  send(batch: readonly BrokerMessage[]): Promise<void>;
  /** Ends connections; sends that run fail. */
  close(): Promise<void>;
}

/** Where the outbox says what operators should know. pino's loggers fit. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** State of an outbox, for metrics and health. Counters begin at the process's start. */
export interface OutboxStats {
  /** Events kept and not yet delivered, those still to be stored included. */
  readonly pending: number;
  /** Bytes that they take, in the store too where it knows. */
  readonly pendingBytes: number;
  /** Age of the oldest undelivered event in seconds; 0 when there is none. */
  readonly oldestAgeSeconds: number;
  readonly published: number;
  readonly delivered: number;
  /** Events given up, by why. */
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Attempts to deliver that failed. */
  readonly sendFailures: number;
  /** Attempts to store that failed. */
  readonly storeFailures: number;
  /** Whether the last attempt to deliver worked (or none was made yet). */
  readonly brokerUp: boolean;
  /** Whether the last attempt to store worked. */
  readonly storeUp: boolean;
}

/**
 * `full`: the bound was reached; `invalid`: not an event; `refused`: the broker will never take it; `damaged`: its record in the store
 * was spoiled; `closed`: published after close(), or not to be stored before its end.
 */
export type DropReason = (typeof dropReasons)[number];
/** Why an event is not kept; the README tells when. */
export const dropReasons = ['full', 'invalid', 'refused', 'damaged', 'closed'] as const;

/** A publisher with a life of its own. */
export interface Outbox extends EventPublisher {
  stats(): OutboxStats;
  /** Resolves when everything published before has been delivered, or after `withinMs`. @returns whether it was delivered */
  drained(withinMs: number): Promise<boolean>;
  /**
   * Takes no more events, stores all (for 5 s at most, if the store fails), delivers what it can within `withinMs` (default 5000), and
   * closes store and broker. The rest waits for the next start.
   */
  close(withinMs?: number): Promise<void>;
}
