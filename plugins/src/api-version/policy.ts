/** Which version of an API a request is for, and what clients of an old one are told. */
import { deny, type Facts, type HeaderPairs, type Needs, PASS, type Pass, type PolicyInstance, queryValues } from '@gatehouse/policy';
import type { Config } from './schema.js';

type Version = Config['versions'][number];

const NOT_FOUND = Object.freeze(deny('not_found'));
const GONE = Object.freeze(deny('gone', { message: 'This API version has ended' }));
const UNKNOWN = Object.freeze(deny('bad_request', { message: 'Unknown API version' }));
const AMBIGUOUS = Object.freeze(deny('bad_request', { message: 'More than one API version' }));

interface Compiled {
  readonly pass: Pass;
  /** Unix milliseconds from which on it is gone; Infinity = never. */
  readonly goneAt: number;
}

/** The headers that tell of a version's end. */
function noticeOf(version: Version): HeaderPairs {
  const { deprecated_at: since, sunset_at: end } = version;
  const pairs: [string, string][] = [];
  // RFC 9745 section 2.1: a Structured Field Date, in whole seconds.
  if (since !== undefined) pairs.push(['Deprecation', `@${Math.floor(Date.parse(since) / 1000)}`]);
  if (end !== undefined) pairs.push(['Sunset', new Date(end).toUTCString()]);
  return pairs;
}

function linksOf({ deprecation_link: deprecation, successor_link: successor }: Version): HeaderPairs {
  const links: string[] = [];
  if (deprecation !== undefined) links.push(`<${deprecation}>; rel="deprecation"`);
  if (successor !== undefined) links.push(`<${successor}>; rel="successor-version"`);
  return links.length === 0 ? [] : [['Link', links.join(', ')]];
}

function compile(version: Version, upstreamHeader: string | undefined): Compiled {
  const notice = noticeOf(version);
  const links = linksOf(version);
  const parts = {
    ...(notice.length > 0 ? { responseHeaders: notice } : {}),
    ...(links.length > 0 ? { appendResponseHeaders: links } : {}),
    ...(upstreamHeader === undefined ? {} : { setHeaders: [[upstreamHeader, version.name]] as HeaderPairs }),
  };
  const pass = Object.keys(parts).length === 0 ? PASS : Object.freeze({ kind: 'pass' as const, ...parts });
  const gone = version.after_sunset === 'gone' && version.sunset_at !== undefined;
  return { pass, goneAt: gone ? Date.parse(version.sunset_at!) : Number.POSITIVE_INFINITY };
}

/** The first segment of a path. */
function firstSegment(path: string): string | undefined {
  const end = path.indexOf('/', 1);
  const segment = path.slice(1, end < 0 ? path.length : end);
  return segment === '' ? undefined : segment;
}

type Reader = (facts: Facts) => string | undefined | null;

/** Reads the version that a request says; undefined for none, null for several. */
function readerFor({ source, parameter }: Config): Reader {
  const single = (values: readonly string[]): string | undefined | null => (values.length > 1 ? null : values[0]?.trim());
  if (source === 'path') return (facts) => firstSegment(facts.path);
  if (source === 'query') return (facts) => (facts.rawQuery === '' ? undefined : single(queryValues(facts.rawQuery, parameter)));
  const header = parameter.toLowerCase();
  return (facts) => single(facts.headerValues(header));
}

/** What reading the version will ask facts for. */
export function needs({ source, parameter }: Config): Needs {
  return source === 'header' ? { headers: [parameter.toLowerCase()] } : {};
}

/** The versions, ready to be picked; no effects. */
export function create(config: Config): PolicyInstance {
  const versions = new Map(config.versions.map((version) => [version.name, compile(version, config.upstream_header)]));
  const read = readerFor(config);
  const fallback = config.default === undefined ? undefined : versions.get(config.default);
  const unknown = config.source === 'path' ? NOT_FOUND : UNKNOWN;
  // A path whose first segment is no version says none; a header that says an unknown one is a mistake.
  const pick = (said: string | undefined): Compiled | undefined => {
    if (said === undefined || said === '') return fallback;
    return versions.get(said) ?? (config.source === 'path' ? fallback : undefined);
  };
  return {
    notice(facts) {
      const said = read(facts);
      return (said === null ? undefined : pick(said))?.pass ?? PASS;
    },
    decide(facts, _context, now) {
      const said = read(facts);
      if (said === null) return AMBIGUOUS;
      const version = pick(said);
      if (!version) return unknown;
      return now >= version.goneAt ? GONE : version.pass;
    },
  };
}
