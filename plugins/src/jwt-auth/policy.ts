/** Who is it: finds the token, has it verified, and hands the identity on. */
import {
  cookieValues,
  type Decision,
  deny,
  type ErrorCode,
  type Facts,
  type Identity,
  identityHeaderKeys,
  type MaybePromise,
  type Needs,
  type Pass,
  type PolicyInstance,
  queryValues,
  type RequestContext,
  withoutCookies,
} from '@gatehouse/policy';
import type { Config } from './schema.js';

/** A token whose signature and claims hold, remembered with all that follows from it. Shared by all requests that bring it. */
export interface KnownToken {
  readonly identity: Identity;
  /** Unix milliseconds up to which it is good, clock skew included. */
  readonly goodUntil: number;
  /** `iat` in Unix milliseconds. */
  readonly issuedAt: number | null;
  /** What the service is told. */
  readonly pass: Pass;
}

/** Why a token is not taken. `undecided`: nobody can say. */
export type TokenFault = Extract<ErrorCode, 'token_invalid' | 'token_expired' | 'token_revoked' | 'undecided'>;

export interface TokenVerifier {
  /** A token that was verified before and is still good. */
  known(token: string, now: number): KnownToken | undefined;
  /** Synchronous unless a key set must be fetched. */
  verify(token: string, now: number): MaybePromise<KnownToken | TokenFault>;
}

export interface Revocations {
  /** Whether a system's token was withdrawn; `unknown` when the feed has not been heard for too long. */
  check(system: string, token: KnownToken, now: number): 'fine' | 'revoked' | 'unknown';
  /** Null when the feed is known; else settles when it is. */
  ready(): Promise<void> | null;
}

export interface JwtAuthTools {
  readonly verifier: TokenVerifier;
  /** Null when the route does not look at revocations. */
  readonly revocations: Revocations | null;
}

/** Where a token was found. */
interface Found {
  readonly token: string;
  readonly place: 'header' | 'cookie' | 'query';
}

const NO_TOKEN = Object.freeze(deny('token_missing'));
const FORBIDDEN = Object.freeze(deny('forbidden'));
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const BEARER = /^bearer +([^ ]+)$/i;

/** Where the configured places are looked for, once per request. */
class TokenFinder {
  private readonly header: string;
  private readonly bearer: boolean;

  constructor(private readonly config: Config['token']) {
    this.header = config.header.toLowerCase();
    this.bearer = this.header === 'authorization';
  }

  get headers(): string[] {
    const { cookie, strip_cookies } = this.config;
    const cookies = cookie === undefined && strip_cookies.length === 0 ? [] : ['cookie'];
    return [this.header, ...cookies, ...(cookie === undefined ? [] : ['origin'])];
  }

  /** The first place that has a token; `token_invalid` when one place has several. */
  find(facts: Facts): Found | 'token_invalid' | null {
    return this.inHeader(facts) ?? this.inCookie(facts) ?? this.inQuery(facts);
  }

  private inHeader(facts: Facts): Found | 'token_invalid' | null {
    const line = facts.header(this.header);
    if (line === undefined) return null;
    if (facts.headerValues(this.header).length > 1) return 'token_invalid';
    if (!this.bearer) return { token: line, place: 'header' };
    // The common form first: a regular expression costs more than all else on this path.
    if (line.startsWith('Bearer ') && line.indexOf(' ', 7) < 0) return line.length > 7 ? { token: line.slice(7), place: 'header' } : null;
    const token = BEARER.exec(line)?.[1];
    return token === undefined ? null : { token, place: 'header' };
  }

  private inCookie(facts: Facts): Found | 'token_invalid' | null {
    const { cookie } = this.config;
    if (cookie === undefined) return null;
    return one(cookieValues(facts.headerValues('cookie'), cookie), 'cookie');
  }

  private inQuery(facts: Facts): Found | 'token_invalid' | null {
    const { query } = this.config;
    if (query === undefined || facts.rawQuery === '') return null;
    return one(queryValues(facts.rawQuery, query), 'query');
  }
}

function one(values: readonly string[], place: Found['place']): Found | 'token_invalid' | null {
  if (values.length > 1) return 'token_invalid';
  const [token] = values;
  return token === undefined || token === '' ? null : { token, place };
}

class JwtAuth implements PolicyInstance {
  private readonly finder: TokenFinder;
  /** For requests that pass with no token: what a client says about itself is removed, and a token in a query as well. */
  private readonly strip: Pass;
  private readonly stripsCookies: boolean;

  constructor(
    private readonly config: Config,
    private readonly tools: JwtAuthTools,
  ) {
    this.finder = new TokenFinder(config.token);
    const { query, strip_cookies } = config.token;
    this.stripsCookies = strip_cookies.length > 0;
    this.strip = Object.freeze({
      kind: 'pass',
      removeHeaders: identityHeaderKeys,
      ...(query === undefined ? {} : { stripQuery: [query] }),
    });
  }

  decide(facts: Facts, context: RequestContext, now: number): MaybePromise<Decision> {
    const decision = this.identify(facts, context, now);
    if (!this.stripsCookies) return decision;
    return decision instanceof Promise ? decision.then((late) => this.withoutCookies(late, facts)) : this.withoutCookies(decision, facts);
  }

  private withoutCookies(decision: Decision, facts: Facts): Decision {
    if (decision.kind !== 'pass') return decision;
    const left = withoutCookies(facts.headerValues('cookie'), (name) => this.dropsCookie(name));
    if (left === undefined) return decision;
    if (left === '') return { ...decision, removeHeaders: [...(decision.removeHeaders ?? []), 'cookie'] };
    return { ...decision, setHeaders: [...(decision.setHeaders ?? []), ['Cookie', left]] };
  }

  private dropsCookie(name: string): boolean {
    return this.config.token.strip_cookies.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one));
  }

  private identify(facts: Facts, context: RequestContext, now: number): MaybePromise<Decision> {
    // Somebody proved who they are by other means before.
    if (context.identity !== null) return this.strip;
    const found = this.finder.find(facts);
    if (found === null) return this.config.optional ? this.strip : NO_TOKEN;
    if (found === 'token_invalid') return this.refuse('token_invalid', context);
    if (found.place === 'cookie' && !this.originFits(facts)) return FORBIDDEN;
    const waiting = this.tools.revocations?.ready() ?? null;
    if (waiting !== null) return waiting.then(() => this.verify(found, facts, context, now));
    return this.verify(found, facts, context, now);
  }

  recognise(facts: Facts, now: number): boolean {
    const found = this.finder.find(facts);
    if (found === null || found === 'token_invalid') return false;
    const known = this.tools.verifier.known(found.token, now);
    return known !== undefined && (this.tools.revocations?.check(facts.system, known, now) ?? 'fine') === 'fine';
  }

  presents(facts: Facts): boolean {
    return this.finder.find(facts) !== null;
  }

  private verify(found: Found, facts: Facts, context: RequestContext, now: number): MaybePromise<Decision> {
    const result = this.tools.verifier.known(found.token, now) ?? this.tools.verifier.verify(found.token, now);
    if (result instanceof Promise) return result.then((late) => this.judge(late, found, facts, context, now));
    return this.judge(result, found, facts, context, now);
  }

  private judge(result: KnownToken | TokenFault, found: Found, facts: Facts, context: RequestContext, now: number): Decision {
    if (typeof result === 'string') return this.refuse(result, context);
    const state = this.tools.revocations?.check(facts.system, result, now) ?? 'fine';
    if (state !== 'fine') return this.refuse(state === 'revoked' ? 'token_revoked' : 'undecided', context);
    context.identity = result.identity;
    return this.forward(result.pass, found);
  }

  private refuse(code: TokenFault, context: RequestContext): Decision {
    if (!this.config.optional || code === 'undecided') return deny(code, code === 'undecided' ? { retryAfter: 1 } : {});
    context.credentialFault = code;
    return this.strip;
  }

  private forward(pass: Pass, { token }: Found): Pass {
    const { forward, query } = this.config.token;
    if (forward === 'keep') return query === undefined ? pass : { ...pass, stripQuery: [query] };
    const headers = pass.setHeaders ?? [];
    const more = query === undefined ? {} : { stripQuery: [query] };
    if (forward === 'bearer') return { ...pass, ...more, setHeaders: [...headers, ['Authorization', `Bearer ${token}`]] };
    return { ...pass, ...more, removeHeaders: [...identityHeaderKeys, this.config.token.header.toLowerCase()] };
  }

  /** A browser sends cookies to whoever asks it to; only pages that CORS lets in may have it change something. */
  private originFits(facts: Facts): boolean {
    if (SAFE_METHODS.has(facts.method)) return true;
    const origins = facts.headerValues('origin');
    return origins.length === 1 && this.config.token.cookie_origins.includes(origins[0]!);
  }
}

/** What finding the token will ask facts for. */
export function needs(config: Config): Needs {
  return { headers: new TokenFinder(config.token).headers };
}

/** The policy over its tools. */
export function create(config: Config, tools: JwtAuthTools): PolicyInstance {
  return new JwtAuth(config, tools);
}
