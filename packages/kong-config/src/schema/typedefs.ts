import { hostType, isCidr, isIp, parseHost } from './ip.js';
import { oneDecimal } from './messages.js';
import { regexFault, routeRegexFault } from './regex.js';
import type { ArrayField, Dict, MapField, NumberField, RecordField, StringField, Verdict } from './types.js';
import { normalisePath, parseUrl } from './uri.js';

/** All protocols of Kong's core, in the order of its messages. */
export const PROTOCOLS = ['grpc', 'grpcs', 'http', 'https', 'tcp', 'tls', 'tls_passthrough', 'udp'] as const;
export const HTTP_PROTOCOLS = ['grpc', 'grpcs', 'http', 'https'] as const;
/** The periods of limits, shortest first. */
export const PERIODS = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;

export function checkHost(host: string): Verdict {
  const parsed = parseHost(host);
  if (parsed === 'invalid') return `invalid value: ${host}`;
  return parsed === 'invalid port number' || parsed.port !== null ? 'must not have a port' : null;
}

function checkHostWithPort(host: string): Verdict {
  const parsed = parseHost(host);
  if (parsed === 'invalid port number') return parsed;
  if (parsed !== 'invalid') return null;
  const type = hostType(host);
  return type === 'name' ? `invalid hostname: ${host}` : `invalid ${type} address: ${host}`;
}

function checkSni(name: string): Verdict {
  const parsed = parseHost(name);
  if (parsed === 'invalid') return `invalid value: ${name}`;
  if (parsed !== 'invalid port number' && parsed.type !== 'name') return 'must not be an IP';
  return parsed === 'invalid port number' || parsed.port !== null ? 'must not have a port' : null;
}

function checkWildcardHost(host: string): Verdict {
  const star = host.indexOf('*');
  if (star === -1) return checkSni(host);
  if (star !== 0 && star !== host.length - 1) return 'wildcard must be leftmost or rightmost character';
  if (host.indexOf('*', star + 1) !== -1) return 'only one wildcard must be specified';
  return checkSni(host.replace('*', 'wildcard'));
}

const PATH_CHARACTERS = /^\/[\w.\-~/%:@!$&'()*+,;=]*$/;

function percentFault(path: string): Verdict {
  const bad = /%(?![\da-fA-F]{2}).{0,2}/s.exec(path);
  return bad === null ? null : `invalid url-encoded value: '${bad[0]}'`;
}

function checkPath(path: string): Verdict {
  if (PATH_CHARACTERS.test(path)) return percentFault(path);
  return `invalid path: '${path}' (characters outside of the reserved list of RFC 3986 found)`;
}

function checkRouterPath(path: string): Verdict {
  const percent = PATH_CHARACTERS.test(path) ? percentFault(path) : null;
  if (percent !== null) return percent;
  if (path.startsWith('~')) return routeRegexFault(path.slice(1));
  const normal = normalisePath(path);
  return path === normal ? null : `non-normalized path, consider use '${normal}' instead`;
}

function checkUrl(url: string): Verdict {
  const parts = parseUrl(url);
  if (parts === null) return 'could not parse url. invalid url';
  if (parts.host === undefined) return 'missing host in url';
  return parts.scheme === undefined ? 'missing scheme in url' : null;
}

export function checkHeaderName(name: string): Verdict {
  if (/^[a-zA-Z0-9_-]+$/.test(name)) return null;
  return `bad header name '${name}', allowed characters are A-Z, a-z, 0-9, '_', and '-'`;
}

const TOKEN_FAULT =
  'contains one or more invalid characters. ASCII control characters (0-31;127), space, tab and the characters ()<>@,;:\\"/?={}[] are not allowed.';

/** A cookie's name is a token of RFC 9110 section 5.6.2. */
function checkCookieName(name: string): Verdict {
  return /^[^\x00-\x20\x7f-\u{10ffff}()<>@,;:\\"/?={}[\]]+$/u.test(name) ? null : TOKEN_FAULT;
}

function checkTag(tag: string): Verdict {
  // Printable ASCII except the comma and the slash, and anything beyond ASCII.
  if (/^[ !-+\-.0-~\u0080-\u{10ffff}]+$/u.test(tag)) return null;
  return `invalid tag '${tag}': expected printable ascii (except \`,\` and \`/\`) or valid utf-8 sequences`;
}

function checkUtf8Name(name: string): Verdict {
  if (/^[\w.\-~\u0080-\u{10ffff}]+$/u.test(name)) return null;
  return `invalid value '${name}': the only accepted ascii characters are alphanumerics or ., -, _, and ~`;
}

const HOST_WILDCARDS = [/^\*\./, /\.\*$/, /^[^*]*$/];

export const uuid: StringField = { type: 'string', uuid: true, auto: true };
export const timestamp: NumberField = { type: 'integer', timestamp: true, auto: true };
export const timestampMs: NumberField = { type: 'number', timestamp: true, auto: true };
export const utf8Name: StringField = { type: 'string', unique: true, custom_validator: checkUtf8Name };
export const host: StringField = { type: 'string', custom_validator: checkHost };
export const hostWithPort: StringField = { type: 'string', custom_validator: checkHostWithPort };
export const wildcardHost: StringField = { type: 'string', custom_validator: checkWildcardHost };
export const sni: StringField = { type: 'string', custom_validator: checkSni };
export const port: NumberField = { type: 'integer', between: [0, 65535] };
export const timeout: NumberField = { type: 'integer', between: [0, 2147483646] };
export const headerName: StringField = { type: 'string', custom_validator: checkHeaderName };
export const cookieName: StringField = { type: 'string', custom_validator: checkCookieName };
export const httpMethod: StringField = { type: 'string', match: /^[A-Z]+$/ };
export const url: StringField = { type: 'string', custom_validator: checkUrl };
export const path: StringField = {
  type: 'string',
  starts_with: '/',
  match_none: [{ pattern: /\/\//, err: 'must not have empty segments' }],
  custom_validator: checkPath,
};
export const ipOrCidr: StringField = {
  type: 'string',
  custom_validator: (text: string) => (isIp(text) || isCidr(text) ? null : `invalid ip or cidr range: '${text}'`),
};
export const tags: ArrayField = { type: 'set', elements: { type: 'string', custom_validator: checkTag } };
export const protocol: StringField = { type: 'string', one_of: PROTOCOLS };
export const protocols: ArrayField = { type: 'set', required: true, default: HTTP_PROTOCOLS, elements: protocol };
export const protocolsHttp: ArrayField = { ...protocols, elements: { type: 'string', one_of: HTTP_PROTOCOLS } };
export const methods: ArrayField = { type: 'set', elements: httpMethod };
export const hosts: ArrayField = {
  type: 'array',
  elements: {
    type: 'string',
    match_all: [{ pattern: /^[^*]*\*?[^*]*$/, err: 'invalid wildcard: must have at most one wildcard' }],
    match_any: { patterns: HOST_WILDCARDS, err: 'invalid wildcard: must be placed at leftmost or rightmost label' },
    custom_validator: (text: string) => checkHostWithPort(text.replaceAll('*', 'abc')),
  },
};
export const routerPaths: ArrayField = {
  type: 'array',
  elements: {
    type: 'string',
    match_any: { patterns: [/^\//, /^~\//], err: 'should start with: / (fixed path) or ~/ (regex path)' },
    match_none: [{ pattern: /\/\//, err: 'must not have empty segments' }],
    custom_validator: checkRouterPath,
  },
};
export const headers: MapField = {
  type: 'map',
  keys: headerName,
  values: { type: 'array', elements: { type: 'string' } },
};
/** Source or destination conditions of a route. */
export const cidrPorts: ArrayField = {
  type: 'set',
  elements: {
    type: 'record',
    fields: { ip: ipOrCidr, port },
    entity_checks: [{ check: 'at_least_one_of', fields: ['ip', 'port'] }],
  },
};
/** A list of PCRE patterns, refused when one can't be compiled. */
export const regexList: ArrayField = { type: 'array', elements: { type: 'string', is_regex: true }, default: [] };

/** `*`, or a regular expression. */
export function checkAsteriskOrRegex(value: string): Verdict {
  return value === '*' || regexFault(value) === null ? null : `'${value}' is not a valid regex`;
}

/**
 * Limits per period must not fall as the period grows.
 *
 * @param word how the message starts
 */
export function periodsFault(limits: Dict, word: string): Verdict {
  const given = PERIODS.flatMap((period) => (typeof limits[period] === 'number' ? [{ period, limit: limits[period] as number }] : []));
  for (const [i, lower] of given.entries()) {
    const upper = given.slice(i + 1).find(({ limit }) => limit < lower.limit);
    if (upper === undefined) continue;
    const [high, low] = [oneDecimal(upper.limit), oneDecimal(lower.limit)];
    return `${word} limit for ${upper.period}(${high}) cannot be lower than the limit for ${lower.period}(${low})`;
  }
  return null;
}

/** A record whose fields are all optional. */
export function record(fields: RecordField['fields'], more: Partial<RecordField> = {}): RecordField {
  return { type: 'record', fields, ...more };
}
