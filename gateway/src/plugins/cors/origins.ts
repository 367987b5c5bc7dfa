/** Which origin a request's Origin stands for and whether it is allowed (kong/plugins/cors/handler.lua). */
import { compilePcre } from '../lib/pcre.js';

interface NormalizedOrigin {
  /** Scheme, host and port, without a port that is the scheme's own. */
  readonly domain: string;
  readonly host: string;
}

const SCHEME = /^([A-Za-z0-9][A-Za-z0-9+\-.]*):/;
const BRACKETS = /^\[(.+)\]$/;
const PORT = /:([^:\]]*)$/;

/** As LuaSocket's url.parse takes it apart; what has no authority is its own domain. */
export function normalizeOrigin(origin: string): NormalizedOrigin {
  const scheme = SCHEME.exec(origin)?.[1] ?? null;
  const rest = scheme === null ? origin : origin.slice(scheme.length + 1);
  if (!rest.startsWith('//')) return { domain: origin, host: origin };
  const slash = rest.indexOf('/', 2);
  const authority = (slash < 0 ? rest.slice(2) : rest.slice(2, slash)).replace(/^[^@]*@/, '');
  const port = PORT.exec(authority)?.[1] ?? null;
  const name = port === null ? authority : authority.slice(0, -(port.length + 1));
  if (name === '') return { domain: origin, host: origin };
  const host = BRACKETS.exec(name)?.[1] ?? name;
  const own = (scheme === 'http' && port === '80') || (scheme === 'https' && port === '443');
  const shownPort = port === null || own ? '' : `:${port}`;
  return { domain: `${scheme === null ? '' : `${scheme}://`}${host}${shownPort}`, host };
}

type Rule = (origin: NormalizedOrigin) => boolean;

const PLAIN = /^[A-Za-z0-9.:/-]+$/;

function ruleFor(entry: string, index: number): Rule {
  if (PLAIN.test(entry)) {
    const { domain } = normalizeOrigin(entry);
    return (origin) => origin.domain === domain;
  }
  // Kong anchors every expression, whether its author did or not.
  const open = entry.startsWith('^') ? entry.slice(1) : entry;
  const pattern = compilePcre(open.endsWith('$') ? open : `${open}$`, `config.origins[${index}]`, 'y');
  const byHost = !entry.includes(':');
  return (origin) => {
    pattern.lastIndex = 0;
    return pattern.test(byHost ? origin.host : origin.domain);
  };
}

/** How `origins` answers a request. */
export interface OriginPolicy {
  /** Every origin is allowed, by name `*`. */
  readonly any: boolean;
  /** The answer depends on Origin, so it needs `Vary`. */
  readonly varies: boolean;
  /** The value of Access-Control-Allow-Origin, or null. */
  allowed(origin: string | undefined): string | null;
}

const ANY: OriginPolicy = { any: true, varies: false, allowed: () => '*' };

/** No origin is that long; what is longer is refused before a pattern sees it. */
const ORIGIN_MAX = 512;
const MEMORY_MAX = 1000;

function listed(origins: readonly string[]): OriginPolicy {
  const rules = origins.map(ruleFor);
  const seen = new Map<string, string | null>();
  const decide = (origin: string): string | null => {
    const normalized = normalizeOrigin(origin);
    return rules.some((rule) => rule(normalized)) ? normalized.domain : null;
  };
  return {
    any: false,
    varies: true,
    allowed(origin) {
      if (origin === undefined || origin === '' || origin.length > ORIGIN_MAX) return null;
      const known = seen.get(origin);
      if (known !== undefined) return known;
      const answer = decide(origin);
      if (seen.size >= MEMORY_MAX) seen.clear();
      seen.set(origin, answer);
      return answer;
    },
  };
}

/** Compiles `config.origins`. Throws ConfigError for an expression that JavaScript can't express. */
export function originPolicy(origins: readonly string[] | null): OriginPolicy {
  if (!origins || origins.length === 0) return ANY;
  const [first] = origins as [string];
  if (origins.length === 1 && first === '*') return ANY;
  if (origins.length === 1 && PLAIN.test(first)) return { any: false, varies: true, allowed: () => first };
  // With `*` among others Kong allows all that send an Origin, and still sends Vary.
  if (origins.includes('*')) return { any: true, varies: true, allowed: (origin) => (origin === undefined ? null : '*') };
  return listed(origins);
}
