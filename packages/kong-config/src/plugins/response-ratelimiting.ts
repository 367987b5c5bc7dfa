import { PERIODS, periodsFault, protocolsHttp, record } from '../schema/typedefs.js';
import type { Dict, PluginSchema } from '../schema/types.js';
import { choice, flag, number, text } from './support/fields.js';
import { redis, redisChecks, redisShorthands } from './support/redis.js';

const limit = record(Object.fromEntries(PERIODS.map((period) => [period, number({ gt: 0 })])), {
  required: true,
  custom_validator: (limits: Dict) => periodsFault(limits, 'the'),
  entity_checks: [{ check: 'at_least_one_of', fields: PERIODS }],
});

/** https://docs.konghq.com/hub/kong-inc/response-ratelimiting/ */
export const responseRatelimiting: PluginSchema = {
  name: 'response-ratelimiting',
  protocols: protocolsHttp,
  config: record(
    {
      header_name: text({ default: 'x-kong-limit' }),
      limit_by: choice(['consumer', 'credential', 'ip']),
      policy: choice(['local', 'redis']),
      fault_tolerant: flag(true),
      redis,
      block_on_first_violation: flag(false),
      hide_client_headers: flag(false),
      limits: { type: 'map', required: true, len_min: 1, keys: { type: 'string' }, values: limit },
    },
    { shorthand_fields: redisShorthands },
  ),
  entity_checks: redisChecks,
};
