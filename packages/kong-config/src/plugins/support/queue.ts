import { record } from '../../schema/typedefs.js';
import type { Fields, RecordField, Rules } from '../../schema/types.js';
import { integer, number } from './fields.js';

const fields: Fields = {
  max_batch_size: integer({ default: 1, between: [1, 1000000] }),
  /** Seconds, here and below. */
  max_coalescing_delay: number({ default: 1, between: [0, 3600] }),
  max_entries: integer({ default: 10000, between: [1, 1000000] }),
  max_bytes: integer(),
  max_retry_time: number({ default: 60 }),
  initial_retry_delay: number({ default: 0.01, between: [0.001, 1000000] }),
  max_retry_delay: number({ default: 60, between: [0.001, 1000000] }),
  concurrency_limit: integer({ default: 1, one_of: [-1, 1] }),
};

/** How log entries wait to be sent. */
export const queue: RecordField = record(fields);

/** As {@link queue}, with other defaults. */
export function queueWith(defaults: Rules['default']): RecordField {
  return record(fields, { default: defaults });
}

/** Settings of before Kong 3.3, taken in but replaced by those of `queue`. */
export const oldQueueFields: Fields = {
  retry_count: integer({ deprecated: 'queue.max_retry_time' }),
  queue_size: integer({ deprecated: 'queue.max_batch_size' }),
  flush_timeout: number({ deprecated: 'queue.max_coalescing_delay' }),
};
