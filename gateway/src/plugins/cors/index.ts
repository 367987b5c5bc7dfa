/** Twin of Kong's cors: answers preflights and puts the Access-Control headers on every other answer. */
import type { HeaderList } from '../../headers.js';
import type { Exchange, Exit, PluginInstance, PluginTwin } from '../../plugin.js';
import { type OriginPolicy, originPolicy } from './origins.js';

/** Kong's schema (kong/plugins/cors/schema.lua), defaults filled in. */
interface CorsConfig {
  origins: string[] | null;
  headers: string[] | null;
  exposed_headers: string[] | null;
  methods: string[] | null;
  /** Seconds. */
  max_age: number | null;
  credentials: boolean;
  private_network: boolean;
  preflight_continue: boolean;
}

const joined = (list: string[] | null): string | null => (list && list.length > 0 ? list.join(',') : null);

const ALL_METHODS = 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT';

class Cors implements PluginInstance {
  private readonly origins: OriginPolicy;
  private readonly credentials: boolean;
  private readonly privateNetwork: boolean;
  private readonly preflightContinue: boolean;
  private readonly allowHeaders: string | null;
  private readonly allowMethods: string;
  private readonly maxAge: string | null;
  private readonly exposed: string | null;
  private readonly preflightDone: Exit = { status: 200, body: null };

  constructor(config: CorsConfig) {
    this.origins = originPolicy(config.origins);
    this.credentials = config.credentials;
    this.privateNetwork = config.private_network;
    this.preflightContinue = config.preflight_continue;
    this.allowHeaders = joined(config.headers);
    this.allowMethods = config.methods ? config.methods.join(',') : ALL_METHODS;
    this.maxAge = config.max_age === null ? null : String(config.max_age);
    this.exposed = joined(config.exposed_headers);
  }

  access(exchange: Exchange): Exit | undefined {
    if (exchange.request.method !== 'OPTIONS') return undefined;
    const { headers } = exchange.request;
    const origin = headers.get('origin');
    if (origin === undefined || !headers.has('access-control-request-method')) return undefined;
    // The preflight is the service's to answer, or is answered here: either way nothing is added later.
    exchange.local.set(this, true);
    if (this.preflightContinue) return undefined;
    this.preflight(exchange.responseHeaders, headers, origin);
    return this.preflightDone;
  }

  headerFilter(exchange: Exchange, head: { readonly headers: HeaderList }): void {
    if (exchange.request.method === 'OPTIONS' && exchange.local.has(this)) return;
    this.allowOrigin(head.headers, exchange.request.headers.get('origin'), true);
    if (this.exposed !== null) head.headers.set('Access-Control-Expose-Headers', this.exposed);
  }

  private preflight(answer: HeaderList, request: HeaderList, origin: string): void {
    this.allowOrigin(answer, origin, false);
    const allowed = this.allowHeaders ?? request.get('access-control-request-headers');
    if (allowed === undefined) answer.remove('access-control-allow-headers');
    else answer.set('Access-Control-Allow-Headers', allowed);
    answer.set('Access-Control-Allow-Methods', this.allowMethods);
    if (this.maxAge !== null) answer.set('Access-Control-Max-Age', this.maxAge);
    if (this.privateNetwork && request.get('access-control-request-private-network') === 'true') {
      answer.set('Access-Control-Allow-Private-Network', 'true');
    }
  }

  /** `append`: add a line to Vary instead of replacing it, as on answers that may have one. */
  private allowOrigin(answer: HeaderList, origin: string | undefined, append: boolean): void {
    const { any, varies } = this.origins;
    if (varies) vary(answer, append);
    const allowed = this.origins.allowed(origin);
    if (allowed === null) answer.remove('access-control-allow-origin');
    else answer.set('Access-Control-Allow-Origin', allowed);
    if (this.credentials) this.allowCredentials(answer, origin, any && allowed !== null, append);
  }

  private allowCredentials(answer: HeaderList, origin: string | undefined, anyOrigin: boolean, append: boolean): void {
    if (anyOrigin) {
      // `*` and credentials exclude each other (Fetch standard), so the origin is named.
      if (origin === undefined) return;
      vary(answer, append);
      answer.set('Access-Control-Allow-Origin', origin);
    }
    answer.set('Access-Control-Allow-Credentials', 'true');
  }
}

function vary(answer: HeaderList, append: boolean): void {
  if (append) answer.add('Vary', 'Origin');
  else answer.set('Vary', 'Origin');
}

export const cors: PluginTwin = {
  name: 'cors',
  priority: 2000,
  version: '3.9.3',
  create: (config) => new Cors(config as unknown as CorsConfig),
};
