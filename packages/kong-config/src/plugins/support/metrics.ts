import type { EntityCheck } from '../../schema/types.js';

/** How a metric may tell consumers apart. */
export const CONSUMER_IDENTIFIERS = ['consumer_id', 'custom_id', 'username'] as const;

/** Counters and gauges are sampled. */
export const sampled: EntityCheck = {
  check: 'conditional',
  if_field: 'stat_type',
  if_match: { one_of: ['counter', 'gauge'] },
  then_field: 'sample_rate',
  then_match: { required: true },
};
