import { isRoutable } from '../schema/ip.js';
import { routerRegexFault } from '../schema/regex.js';
import {
  cidrPorts,
  headerName,
  headers,
  hosts,
  methods,
  protocol,
  routerPaths,
  tags,
  timestamp,
  utf8Name,
  uuid,
  wildcardHost,
} from '../schema/typedefs.js';
import type { BooleanField, Dict, EntitySchema, Field, Subschema, Verdict } from '../schema/types.js';

const TLS_PROTOCOLS = ['grpcs', 'https', 'tls', 'tls_passthrough'];
const STREAM = "'tcp', 'tls', 'tls_passthrough' or 'udp'";

function flag(value: boolean): BooleanField {
  return { type: 'boolean', required: true, default: value };
}

function never<F extends Field>(field: F, name: string, protocols: string): F {
  return { ...field, eq: null, err: `cannot set '${name}' when 'protocols' is ${protocols}` };
}

/** A condition is needed: which ones count depends on the protocol being over TLS or not. */
function needsCondition(secure: string, plain: string, names: string[]): Subschema['entity_checks'] {
  return [
    {
      check: 'conditional_at_least_one_of',
      if_field: 'protocols',
      if_match: { contains: secure },
      then_at_least_one_of: [...names, 'snis'],
      then_err: `must set one of %s when 'protocols' is '${secure}'`,
      else_match: { contains: plain },
      else_then_at_least_one_of: names,
      else_then_err: `must set one of %s when 'protocols' is '${plain}'`,
    },
  ];
}

const http: Subschema = {
  fields: {
    sources: never(cidrPorts, 'sources', "'http' or 'https'"),
    destinations: never(cidrPorts, 'destinations', "'http' or 'https'"),
  },
  entity_checks: needsCondition('https', 'http', ['methods', 'hosts', 'headers', 'paths']) ?? [],
};

const stream: Subschema = {
  fields: {
    methods: never(methods, 'methods', STREAM),
    hosts: never(hosts, 'hosts', STREAM),
    paths: never(routerPaths, 'paths', STREAM),
    headers: never(headers, 'headers', STREAM),
  },
  entity_checks: [
    {
      check: 'conditional_at_least_one_of',
      if_field: 'protocols',
      if_match: { elements: { type: 'string', one_of: ['tcp', 'tls', 'udp'] } },
      then_at_least_one_of: ['sources', 'destinations', 'snis'],
      then_err: "must set one of %s when 'protocols' is 'tcp', 'tls' or 'udp'",
    },
    {
      check: 'conditional_at_least_one_of',
      if_field: 'protocols',
      if_match: { elements: { type: 'string', one_of: ['tls_passthrough'] } },
      then_at_least_one_of: ['snis'],
      then_err: "must set snis when 'protocols' is 'tls_passthrough'",
    },
  ],
};

const GRPC = "'grpc' or 'grpcs'";
const grpc: Subschema = {
  fields: {
    strip_path: { ...flag(false), ne: true, err: `cannot set 'strip_path' when 'protocols' is ${GRPC}` },
    methods: never(methods, 'methods', GRPC),
    sources: never(cidrPorts, 'sources', GRPC),
    destinations: never(cidrPorts, 'destinations', GRPC),
  },
  entity_checks: needsCondition('grpcs', 'grpc', ['hosts', 'headers', 'paths']) ?? [],
};

const SUBSCHEMAS = new Map<unknown, Subschema>([
  ['http', http],
  ['https', http],
  ['tcp', stream],
  ['tls', stream],
  ['udp', stream],
  ['tls_passthrough', stream],
  ['grpc', grpc],
  ['grpcs', grpc],
]);

function findSubschema(protocols: unknown): Subschema | undefined {
  if (!Array.isArray(protocols)) return SUBSCHEMAS.get(protocols);
  return SUBSCHEMAS.get(protocols.find((name) => SUBSCHEMAS.has(name)));
}

function unroutable(ends: unknown): Verdict {
  const addresses = Array.isArray(ends) ? ends.map((end: Dict) => end['ip']) : [];
  const found = addresses.find((ip) => typeof ip === 'string' && !isRoutable(ip));
  return found === undefined ? null : `'${found}' is no address, or no block whose host part is zero`;
}

/** The router of the `traditional_compatible` flavour compiles paths and header patterns with a second regex engine. */
function checkRouter(route: Dict): Verdict {
  const empty = Object.entries(route['headers'] ?? {}).find(([, values]) => Array.isArray(values) && values.length === 0);
  const fault = empty
    ? `headers.${empty[0]} has no value to compare with`
    : (unroutable(route['sources']) ?? unroutable(route['destinations']) ?? routerRegexFault(route['headers'], route['paths']));
  return fault === null ? null : `Router Expression failed validation: ${fault}`;
}

/** https://docs.konghq.com/gateway/3.9.x/admin-api/#route-object */
export const routes: EntitySchema = {
  name: 'routes',
  endpoint_key: 'name',
  subschemas: { key: 'protocols', find: findSubschema, unknown: (name) => `unknown type: ${name}` },
  fields: {
    id: uuid,
    created_at: timestamp,
    name: utf8Name,
    protocols: {
      type: 'set',
      len_min: 1,
      required: true,
      elements: protocol,
      mutually_exclusive_subsets: [['http', 'https'], ['tcp', 'tls', 'udp'], ['tls_passthrough'], ['grpc', 'grpcs']],
      default: ['http', 'https'],
    },
    https_redirect_status_code: { type: 'integer', one_of: [426, 301, 302, 307, 308], default: 426, required: true },
    strip_path: flag(true),
    preserve_host: flag(false),
    request_buffering: flag(true),
    response_buffering: flag(true),
    tags,
    service: { type: 'foreign', reference: 'services' },
    snis: { type: 'set', elements: wildcardHost },
    sources: cidrPorts,
    destinations: cidrPorts,
    methods,
    hosts,
    paths: routerPaths,
    headers: {
      ...headers,
      keys: {
        ...headerName,
        match_none: [{ pattern: /^host$/i, err: "cannot contain 'host' header, which must be specified in the 'hosts' attribute" }],
      },
    },
    regex_priority: { type: 'integer', default: 0 },
    path_handling: { type: 'string', default: 'v0', one_of: ['v0', 'v1'] },
  },
  entity_checks: [
    {
      check: 'conditional',
      if_field: 'protocols',
      if_match: { elements: { type: 'string', not_one_of: TLS_PROTOCOLS } },
      then_field: 'snis',
      then_match: { len_eq: 0 },
      then_err: "'snis' can only be set when 'protocols' is 'grpcs', 'https', 'tls' or 'tls_passthrough'",
    },
    { check: 'custom', sources: ['headers', 'paths', 'protocols', 'sources', 'destinations'], fn: checkRouter },
  ],
};
