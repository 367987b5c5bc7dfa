/** Twin of Kong's key-auth: a key in a header, the query or the body says who the client is. */
import type { Directory, Exchange, Exit, PluginEnvironment, PluginInstance, PluginTwin } from '../../plugin.js';
import { type Args, decodeArgs } from '../lib/args.js';
import { authenticate, credentialsBy, type KnownCredential, Refusal, settle } from '../lib/authentication.js';
import { fromBytes, toBytes } from '../lib/bytes.js';
import { findKey } from '../lib/header-lookup.js';
import { type KeyBody, readKeyBody } from './body.js';

/** Kong's schema (kong/plugins/key-auth/schema.lua), defaults filled in. */
interface KeyAuthConfig {
  key_names: string[];
  key_in_header: boolean;
  key_in_query: boolean;
  key_in_body: boolean;
  hide_credentials: boolean;
  /** Id or username of a consumer. */
  anonymous: string | null;
  run_on_preflight: boolean;
  realm: string | null;
}

type Presented = { readonly name: string; readonly key: string };

const SEVERAL = 'several';

/** WHATWG's form of the query without one name, as Kong writes it (resty.ada.search). */
function withoutArg(rawQuery: string, name: string): string {
  const params = new URLSearchParams(fromBytes(rawQuery));
  params.delete(fromBytes(name));
  return params.toString();
}

class KeyAuth implements PluginInstance {
  private readonly keys: ReadonlyMap<string, KnownCredential>;
  /** Unix ms at which a key with a time to live ends. */
  private readonly ends = new Map<KnownCredential, number>();
  private readonly names: readonly string[];
  private readonly challenge: string;
  private readonly directory: Directory;

  constructor(
    private readonly config: KeyAuthConfig,
    private readonly environment: PluginEnvironment,
  ) {
    this.directory = environment.directory;
    this.keys = credentialsBy(this.directory, 'keyauth_credentials', 'key', 'id');
    this.names = config.key_names.map(toBytes);
    this.challenge = config.realm === null ? 'Key' : `Key realm="${config.realm}"`;
    for (const known of this.keys.values()) {
      const { ttl } = known.credential;
      if (typeof ttl === 'number' && ttl > 0) this.ends.set(known, environment.now() + ttl * 1000);
    }
  }

  access(exchange: Exchange): Exit | undefined | Promise<Exit | undefined> {
    const { anonymous, key_in_body, run_on_preflight } = this.config;
    if (!run_on_preflight && exchange.upstream.method === 'OPTIONS') return undefined;
    // With an anonymous consumer one way of authentication is enough.
    if (anonymous !== null && exchange.credential) return undefined;
    if (key_in_body) return readKeyBody(exchange).then((body) => this.decide(exchange, body));
    return this.decide(exchange, null);
  }

  private decide(exchange: Exchange, body: KeyBody | null): Exit | undefined {
    return settle(exchange, this.check(exchange, body), this.config.anonymous, this.directory);
  }

  private check(exchange: Exchange, body: KeyBody | null): Refusal | null {
    const presented = this.presented(exchange, body);
    if (presented === SEVERAL) return this.refusal('Duplicate API key found');
    if (presented && this.config.hide_credentials) hide(exchange, presented.name, body);
    if (!presented || presented.key === '') return this.refusal('No API key found in request');
    const known = this.keys.get(presented.key);
    if (!known || (this.ends.get(known) ?? Number.POSITIVE_INFINITY) <= this.environment.now()) return this.refusal('Unauthorized');
    authenticate(exchange, known);
    return null;
  }

  private refusal(message: string): Refusal {
    return new Refusal(401, message, this.challenge);
  }

  /** The first name that has anything, in header, query and body, in this order. */
  private presented(exchange: Exchange, body: KeyBody | null): Presented | typeof SEVERAL | null {
    const { rawQuery } = exchange.upstream;
    const args = this.config.key_in_query && rawQuery !== '' ? decodeArgs(rawQuery) : null;
    for (const name of this.names) {
      const found = this.inHeader(exchange, name) ?? inArgs(args, name) ?? body?.find(name) ?? null;
      if (found === SEVERAL) return SEVERAL;
      // A name without `=` hides the body's value, as in Kong.
      if (found !== null && found.text !== null) return { name, key: found.text };
    }
    return null;
  }

  private inHeader({ request: { headers } }: Exchange, name: string): { readonly text: string } | typeof SEVERAL | null {
    const key = this.config.key_in_header ? findKey(headers, name) : null;
    if (key === null) return null;
    const values = headers.getAll(key);
    return values.length > 1 ? SEVERAL : { text: values[0]! };
  }
}

function inArgs(args: Args | null, name: string): { readonly text: string | null } | typeof SEVERAL | null {
  const value = args?.get(name);
  if (value === undefined) return null;
  if (Array.isArray(value)) return SEVERAL;
  return { text: value === true ? null : value };
}

function hide(exchange: Exchange, name: string, body: KeyBody | null): void {
  const { headers } = exchange.request;
  const { upstream } = exchange;
  if (upstream.rawQuery !== '') upstream.rawQuery = withoutArg(upstream.rawQuery, name);
  const key = findKey(headers, name);
  if (key !== null) headers.remove(key);
  if (!body?.find(name)) return;
  const changed = body.without(name);
  upstream.body = changed;
  headers.set('Content-Length', String(changed.length));
}

export const keyAuth: PluginTwin = {
  name: 'key-auth',
  priority: 1250,
  version: '3.9.3',
  create: (config, environment) => new KeyAuth(config as unknown as KeyAuthConfig, environment),
};
