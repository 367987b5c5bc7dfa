import { parseHost } from '../schema/ip.js';
import { tags, timestamp, timestampMs, uuid, wildcardHost } from '../schema/typedefs.js';
import type { EntitySchema } from '../schema/types.js';

/** https://docs.konghq.com/gateway/3.9.x/admin-api/#target-object */
export const targets: EntitySchema = {
  name: 'targets',
  endpoint_key: 'target',
  cache_key: ['upstream', 'target'],
  fields: {
    id: uuid,
    created_at: timestampMs,
    upstream: { type: 'foreign', reference: 'upstreams', required: true },
    target: {
      type: 'string',
      required: true,
      custom_validator: (text: string) =>
        typeof parseHost(text) === 'string' ? `Invalid target ('${text}'); not a valid hostname or ip address` : null,
    },
    weight: { type: 'integer', default: 100, between: [0, 65535] },
    tags,
  },
};

/** https://docs.konghq.com/gateway/3.9.x/admin-api/#consumer-object */
export const consumers: EntitySchema = {
  name: 'consumers',
  endpoint_key: 'username',
  fields: {
    id: uuid,
    created_at: timestamp,
    username: { type: 'string', unique: true },
    custom_id: { type: 'string', unique: true },
    tags,
  },
  entity_checks: [{ check: 'at_least_one_of', fields: ['custom_id', 'username'] }],
};

/** https://docs.konghq.com/gateway/3.9.x/admin-api/#sni-object */
export const snis: EntitySchema = {
  name: 'snis',
  endpoint_key: 'name',
  fields: {
    id: uuid,
    name: { ...wildcardHost, required: true, unique: true },
    created_at: timestamp,
    tags,
    certificate: { type: 'foreign', reference: 'certificates', required: true },
  },
};
