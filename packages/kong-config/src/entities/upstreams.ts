import { parseHost } from '../schema/ip.js';
import { cookieName, headerName, headers, hostWithPort, path, record, sni, tags, timestamp, uuid } from '../schema/typedefs.js';
import type { ArrayField, EntityCheck, EntitySchema, NumberField, StringField, Verdict } from '../schema/types.js';

function checkName(name: string): Verdict {
  const parsed = parseHost(name);
  if (typeof parsed === 'string') return `Invalid name ('${name}'); must be a valid hostname`;
  if (parsed.type !== 'name') return `Invalid name ('${name}'); no ip addresses allowed`;
  return parsed.port === null ? null : `Invalid name ('${name}'); no port allowed`;
}

const HASH_INPUTS = ['none', 'consumer', 'ip', 'header', 'cookie', 'path', 'query_arg', 'uri_capture'];
const hashOn: StringField = { type: 'string', default: 'none', one_of: HASH_INPUTS };
const simple: StringField = { type: 'string', len_min: 1 };
const CHECK_TYPES = ['tcp', 'http', 'https', 'grpc', 'grpcs'];

function checkType(): StringField {
  return { type: 'string', one_of: CHECK_TYPES, default: 'http' };
}

function statuses(codes: number[]): ArrayField {
  return { type: 'array', elements: { type: 'integer', between: [100, 999] }, default: codes };
}

function seconds(value: number): NumberField {
  return { type: 'number', between: [0, 65535], default: value };
}

const counter: NumberField = { type: 'integer', between: [0, 255], default: 0 };

const active = record({
  type: checkType(),
  timeout: seconds(1),
  concurrency: { type: 'integer', between: [1, 2147483648], default: 10 },
  http_path: { ...path, default: '/' },
  https_sni: sni,
  https_verify_certificate: { type: 'boolean', required: true, default: true },
  headers,
  healthy: record({ interval: seconds(0), http_statuses: statuses([200, 302]), successes: counter }),
  unhealthy: record({
    interval: seconds(0),
    http_statuses: statuses([429, 404, 500, 501, 502, 503, 504, 505]),
    tcp_failures: counter,
    timeouts: counter,
    http_failures: counter,
  }),
});

const GOOD_ANSWERS = [200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308];
const passive = record({
  type: checkType(),
  healthy: record({ http_statuses: statuses(GOOD_ANSWERS), successes: counter }),
  unhealthy: record({ http_statuses: statuses([429, 500, 503]), tcp_failures: counter, timeouts: counter, http_failures: counter }),
});

function when(if_field: string, value: string, then_field: string, one_of?: string[]): EntityCheck {
  const then_match = one_of === undefined ? { required: true } : { one_of };
  return { check: 'conditional', if_field, if_match: { match: new RegExp(`^${value}$`) }, then_field, then_match };
}

/** The fallback must differ from what is hashed first, where the two could not be told apart. */
function fallbackOf(value: string, allowed: string[]): EntityCheck {
  return when('hash_on', value, 'hash_fallback', allowed);
}

/** https://docs.konghq.com/gateway/3.9.x/admin-api/#upstream-object */
export const upstreams: EntitySchema = {
  name: 'upstreams',
  endpoint_key: 'name',
  fields: {
    id: uuid,
    created_at: timestamp,
    name: { type: 'string', required: true, unique: true, custom_validator: checkName },
    algorithm: {
      type: 'string',
      default: 'round-robin',
      one_of: ['consistent-hashing', 'least-connections', 'round-robin', 'latency'],
    },
    hash_on: hashOn,
    hash_fallback: hashOn,
    hash_on_header: headerName,
    hash_fallback_header: headerName,
    hash_on_cookie: cookieName,
    hash_on_cookie_path: { ...path, default: '/' },
    hash_on_query_arg: simple,
    hash_fallback_query_arg: simple,
    hash_on_uri_capture: simple,
    hash_fallback_uri_capture: simple,
    slots: { type: 'integer', default: 10000, between: [10, 65536] },
    healthchecks: record({ active, passive, threshold: { type: 'number', default: 0, between: [0, 100] } }),
    tags,
    host_header: hostWithPort,
    client_certificate: { type: 'foreign', reference: 'certificates' },
    use_srv_name: { type: 'boolean', default: false },
  },
  entity_checks: [
    when('hash_on', 'header', 'hash_on_header'),
    when('hash_fallback', 'header', 'hash_fallback_header'),
    when('hash_on', 'cookie', 'hash_on_cookie'),
    when('hash_fallback', 'cookie', 'hash_on_cookie'),
    fallbackOf('none', ['none']),
    fallbackOf('cookie', ['none']),
    fallbackOf('consumer', ['none', 'ip', 'header', 'cookie', 'path', 'query_arg', 'uri_capture']),
    fallbackOf('ip', ['none', 'consumer', 'header', 'cookie', 'path', 'query_arg', 'uri_capture']),
    fallbackOf('path', ['none', 'consumer', 'header', 'cookie', 'query_arg', 'ip', 'uri_capture']),
    { check: 'distinct', fields: ['hash_on_header', 'hash_fallback_header'] },
    when('hash_on', 'query_arg', 'hash_on_query_arg'),
    when('hash_fallback', 'query_arg', 'hash_fallback_query_arg'),
    { check: 'distinct', fields: ['hash_on_query_arg', 'hash_fallback_query_arg'] },
    when('hash_on', 'uri_capture', 'hash_on_uri_capture'),
    when('hash_fallback', 'uri_capture', 'hash_fallback_uri_capture'),
    { check: 'distinct', fields: ['hash_on_uri_capture', 'hash_fallback_uri_capture'] },
  ],
  // What is hashed settles the algorithm, and two algorithms hash nothing: both kept for files of older versions.
  shorthand_fields: {
    algorithm: {
      field: { type: 'string', len_min: 0 },
      expand: (value) =>
        value === 'least-connections' || value === 'latency' ? { algorithm: value, hash_on: null } : { algorithm: value },
    },
    hash_on: {
      field: { type: 'string', len_min: 0 },
      expand: (value) => {
        if (value === null) return { hash_on: 'none' };
        return { hash_on: value, algorithm: value === 'none' ? 'round-robin' : 'consistent-hashing' };
      },
    },
  },
};
