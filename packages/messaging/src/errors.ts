/** What can go wrong on the way, by code. */

/**
 * A broker did not take a batch. `BROKER_UNAVAILABLE`: try again later. `MESSAGE_REFUSED`: a message of the batch will never be taken
 * (too large, or not a topic's name).
 */
export class BrokerError extends Error {
  constructor(
    readonly code: 'BROKER_UNAVAILABLE' | 'MESSAGE_REFUSED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'BrokerError';
  }
}

/** The store of an outbox failed: no room on the disk, Redis away. It is tried again. */
export class StoreError extends Error {
  readonly code = 'STORE_UNAVAILABLE';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
  }
}

/** The outbox's directory is another process's, or can't be used: a start must fail on it. */
export class OutboxDirectoryError extends Error {
  constructor(
    readonly code: 'OUTBOX_IN_USE' | 'OUTBOX_UNUSABLE',
    readonly directory: string,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`outbox ${directory}: ${why}`, options);
    this.name = 'OutboxDirectoryError';
  }
}

/** An error's words for a log line. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
