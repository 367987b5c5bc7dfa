import type { HashOn, Upstream } from '@gatehouse/kong-config';
import { hashString } from './hash.js';
import type { Hashed, HashInputs, PickFacts } from './pick.js';

type Read = (inputs: HashInputs) => string | null | undefined;

/** What all requests without any input hash to: Kong sends them to one target too. */
const NOTHING: Hashed = { value: hashString(''), setCookie: null };

/** How many query arguments Kong looks at (`lua_max_uri_args`). */
const QUERY_ARG_LIMIT = 100;

/** Reads what a request hashes to, once per request: `hash_on`, else `hash_fallback`, else the empty string. */
export class HashReader {
  private readonly first: Read;
  private readonly second: Read;
  private readonly makesCookie: boolean;
  private readonly cookieName: string;
  private readonly cookiePath: string;
  private readonly uuid: () => string;

  constructor(upstream: Upstream, uuid: () => string) {
    this.first = reader(upstream.hash_on, upstream.hash_on_header, upstream.hash_on_query_arg, upstream.hash_on_uri_capture, upstream);
    this.second = reader(
      upstream.hash_fallback,
      upstream.hash_fallback_header,
      upstream.hash_fallback_query_arg,
      upstream.hash_fallback_uri_capture,
      upstream,
    );
    this.makesCookie = upstream.hash_on === 'cookie' || upstream.hash_fallback === 'cookie';
    this.cookieName = upstream.hash_on_cookie ?? '';
    this.cookiePath = upstream.hash_on_cookie_path;
    this.uuid = uuid;
  }

  read(facts: PickFacts): Hashed {
    facts.hashed ??= this.hash(facts.hashInputs);
    return facts.hashed;
  }

  private hash(inputs: HashInputs): Hashed {
    const value = this.first(inputs) ?? this.second(inputs) ?? null;
    if (value !== null) return { value: hashString(value), setCookie: null };
    return this.makesCookie ? this.cookie() : NOTHING;
  }

  /** A new cookie, spelled as Kong spells it (`Same-Site` included). */
  private cookie(): Hashed {
    const id = this.uuid();
    return { value: hashString(id), setCookie: `${this.cookieName}=${id}; Path=${this.cookiePath}; Same-Site=Lax; HttpOnly` };
  }
}

function reader(on: HashOn, header: string | null, queryArg: string | null, capture: string | null, upstream: Upstream): Read {
  switch (on) {
    case 'none':
      return () => null;
    case 'consumer':
      return (inputs) => inputs.consumerId();
    case 'ip':
      return (inputs) => inputs.clientIp();
    case 'path':
      return (inputs) => inputs.path();
    case 'header':
      return named(header?.toLowerCase(), (inputs, name) => inputs.header(name));
    case 'cookie':
      return named(upstream.hash_on_cookie, (inputs, name) => inputs.cookie(name));
    case 'query_arg':
      return named(queryArg, (inputs, name) => inputs.queryArg(name));
    case 'uri_capture':
      return named(capture, (inputs, name) => inputs.uriCapture(name));
  }
}

function named(name: string | null | undefined, read: (inputs: HashInputs, name: string) => string | undefined): Read {
  if (name === null || name === undefined) return () => null;
  return (inputs) => read(inputs, name);
}

/**
 * The value of a query argument as Kong hashes it: decoded, `true` for a name without `=`, several values sorted and
 * joined with a comma; only the first 100 arguments count.
 * @param rawQuery what stands behind `?`
 */
export function hashableQueryArg(rawQuery: string, name: string): string | undefined {
  const values: string[] = [];
  for (const piece of rawQuery.split('&', QUERY_ARG_LIMIT)) {
    if (piece === '') continue;
    const equals = piece.indexOf('=');
    const key = equals < 0 ? piece : piece.slice(0, equals);
    if (decode(key) === name) values.push(equals < 0 ? 'true' : decode(piece.slice(equals + 1)));
  }
  return values.length === 0 ? undefined : values.sort().join(',');
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
