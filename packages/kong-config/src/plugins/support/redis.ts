import { host, port, record, sni, timeout } from '../../schema/typedefs.js';
import type { EntityCheck, Field, Fields, Shorthand } from '../../schema/types.js';
import { integer, looseFlag, text } from './fields.js';

const password: Field = text({ referenceable: true, len_min: 0 });

/** How to reach a Redis server. */
export const redisFields: Fields = {
  host,
  port: { ...port, default: 6379 },
  timeout: { ...timeout, default: 2000 },
  username: text({ referenceable: true }),
  password,
  database: integer({ default: 0 }),
  ssl: looseFlag(false),
  ssl_verify: looseFlag(false),
  server_name: sni,
};
export const redis = record(redisFields);

const OLD_FIELDS: Readonly<Record<string, Field>> = {
  host: text(),
  port: integer(),
  password: text({ len_min: 0 }),
  username: text(),
  ssl: { type: 'boolean' },
  ssl_verify: { type: 'boolean' },
  server_name: text(),
  timeout: integer(),
  database: integer(),
};

/** The flat fields of before Kong 3.8, such as `redis_host` for `redis.host`. */
export const redisShorthands: Readonly<Record<string, Shorthand>> = Object.fromEntries(
  Object.entries(OLD_FIELDS).map(([name, field]) => [
    `redis_${name}`,
    { field, replaced_with: ['redis', name], expand: (value: unknown) => ({ redis: { [name]: value } }) },
  ]),
);

/** What the policy `redis` can't do without. */
export const redisChecks: readonly EntityCheck[] = ['host', 'port', 'timeout'].map((name) => ({
  check: 'conditional',
  if_field: 'config.policy',
  if_match: { eq: 'redis' },
  then_field: `config.redis.${name}`,
  then_match: { required: true },
}));
