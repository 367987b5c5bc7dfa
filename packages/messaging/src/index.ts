/** Events that are never lost: an outbox that keeps them, and brokers that carry them. */
export { type KafkaBrokerOptions, kafkaBroker } from './brokers/kafka.js';
export { type KeptMessage, MemoryBroker } from './brokers/memory.js';
export type { Envelope } from './cloud-events.js';
export { BrokerError, OutboxDirectoryError, StoreError } from './errors.js';
export type * from './events.js';
export { type FileStoreOptions, openFileStore } from './file/file-store.js';
export { type OutboxOptions, openOutbox } from './outbox/outbox.js';
export type { OutboxStore, StoredBatch, StoreSize } from './outbox/store.js';
export { outboxMetrics } from './outbox-metrics.js';
export { type RedisStoreOptions, redisStore } from './redis/redis-store.js';
export { systemTime, type Time } from './time.js';
