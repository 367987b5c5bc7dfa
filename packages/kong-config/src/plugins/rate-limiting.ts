import { headerName, PERIODS, path, periodsFault, protocolsHttp, record } from '../schema/typedefs.js';
import type { Dict, EntityCheck, Fields, PluginSchema, Verdict } from '../schema/types.js';
import { choice, flag, number, text } from './support/fields.js';
import { redis, redisChecks, redisShorthands } from './support/redis.js';

const REALTIME = -1;
const SHORTEST_SYNC = 0.02;
const limits: Fields = Object.fromEntries(PERIODS.map((period) => [period, number({ gt: 0 })]));

function checkConfig(config: Dict): Verdict {
  const order = periodsFault(config, 'The');
  if (order !== null) return order;
  const sync = config['sync_rate'] as number;
  if (sync === REALTIME) return null;
  if (config['policy'] !== 'redis') return 'sync_rate can only be used with the redis policy';
  return sync < SHORTEST_SYNC ? 'sync_rate must be greater than 0.02, or -1 to disable' : null;
}

function limitedBy(value: string, then_field: string): EntityCheck {
  return { check: 'conditional', if_field: 'config.limit_by', if_match: { eq: value }, then_field, then_match: { required: true } };
}

/** https://docs.konghq.com/hub/kong-inc/rate-limiting/ ; `cluster` needs a database. */
export const rateLimiting: PluginSchema = {
  name: 'rate-limiting',
  protocols: protocolsHttp,
  config: record(
    {
      ...limits,
      limit_by: choice(['consumer', 'credential', 'ip', 'service', 'header', 'path']),
      header_name: headerName,
      path,
      policy: choice(['local', 'redis'], { len_min: 0 }),
      fault_tolerant: flag(true),
      redis,
      hide_client_headers: flag(false),
      error_code: number({ default: 429, gt: 0 }),
      error_message: text({ default: 'API rate limit exceeded' }),
      /** Seconds. */
      sync_rate: number({ required: true, default: REALTIME }),
    },
    { custom_validator: checkConfig, shorthand_fields: redisShorthands },
  ),
  entity_checks: [
    { check: 'at_least_one_of', fields: PERIODS.map((period) => `config.${period}`) },
    ...redisChecks,
    limitedBy('header', 'config.header_name'),
    limitedBy('path', 'config.path'),
  ],
};
