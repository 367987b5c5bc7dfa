/** Events that are never lost: an outbox that keeps them, and brokers that carry them. */
export type * from './events.js';
