/** Twin of Kong's hmac-auth: a signature over parts of the request says who the client is. */
import crypto from 'node:crypto';
import type { Exchange, Exit, PluginEnvironment, PluginInstance, PluginTwin } from '../../plugin.js';
import { authenticate, credentialsBy, type KnownCredential, Refusal, sameSecret, settle } from '../lib/authentication.js';
import { decodeBase64 } from '../lib/base64.js';
import { parseSignature, type SignatureParams, signatureOf } from './signature.js';

/** Kong's schema (kong/plugins/hmac-auth/schema.lua), defaults filled in. */
interface HmacAuthConfig {
  hide_credentials: boolean;
  /** Seconds. */
  clock_skew: number;
  /** Id or username of a consumer. */
  anonymous: string | null;
  validate_request_body: boolean;
  enforce_headers: string[];
  algorithms: string[];
  realm: string | null;
}

const NOT_VERIFIED = 'HMAC signature cannot be verified';
const NOT_SAME = 'HMAC signature does not match';
const NO_DATE = `${NOT_VERIFIED}, a valid date or x-date header is required for HMAC Authentication`;

interface Signed {
  readonly params: SignatureParams;
  readonly known: KnownCredential;
}

class HmacAuth implements PluginInstance {
  private readonly users: ReadonlyMap<string, KnownCredential>;
  private readonly challenge: string;

  constructor(
    private readonly config: HmacAuthConfig,
    private readonly environment: PluginEnvironment,
  ) {
    this.users = credentialsBy(environment.directory, 'hmacauth_credentials', 'username', 'username');
    this.challenge = config.realm === null ? 'hmac' : `hmac realm="${config.realm}"`;
  }

  access(exchange: Exchange): Exit | undefined | Promise<Exit | undefined> {
    if (this.config.anonymous !== null && exchange.credential) return undefined;
    const checked = this.check(exchange);
    if (checked instanceof Refusal) return this.settle(exchange, checked);
    if (!this.config.validate_request_body) return this.accept(exchange, checked.known);
    return this.digestMatches(exchange).then((same) =>
      same ? this.accept(exchange, checked.known) : this.settle(exchange, this.refusal(NOT_SAME)),
    );
  }

  private accept(exchange: Exchange, known: KnownCredential): undefined {
    authenticate(exchange, known);
  }

  private settle(exchange: Exchange, failure: Refusal): Exit | undefined {
    return settle(exchange, failure, this.config.anonymous, this.environment.directory);
  }

  private refusal(message: string): Refusal {
    return new Refusal(401, message, this.challenge);
  }

  private check(exchange: Exchange): Signed | Refusal {
    const { headers } = exchange.request;
    if (!headers.has('authorization') && !headers.has('proxy-authorization')) return this.refusal('Unauthorized');
    if (!this.isTimely(headers.get('x-date')) && !this.isTimely(headers.get('date'))) return this.refusal(NO_DATE);
    const params = this.take(exchange);
    const known = params && this.isAllowed(params) ? this.users.get(params.username) : undefined;
    if (!params || !known) return this.refusal(NOT_VERIFIED);
    const expected = signatureOf(exchange, params, String(known.credential['secret']));
    const given = decodeBase64(params.signature);
    if (!expected || !given || !sameSecret(expected, given)) return this.refusal(NOT_SAME);
    return { params, known };
  }

  private isTimely(date: string | undefined): boolean {
    const sent = Date.parse(date ?? '');
    return Math.abs(Math.floor(this.environment.now() / 1000) - Math.floor(sent / 1000)) <= this.config.clock_skew;
  }

  /** The parameters, from Proxy-Authorization before Authorization; what was read is taken away where configured. */
  private take({ request: { headers } }: Exchange): SignatureParams | null {
    const fromProxy = parseSignature(headers.get('proxy-authorization'));
    const params = fromProxy ?? parseSignature(headers.get('authorization'));
    if (this.config.hide_credentials) headers.remove(fromProxy ? 'proxy-authorization' : 'authorization');
    return params;
  }

  private isAllowed({ algorithm, headers }: SignatureParams): boolean {
    return this.config.enforce_headers.every((name) => headers.includes(name)) && this.config.algorithms.includes(algorithm);
  }

  /** Whether Digest is that of the body; without both it is fine. */
  private async digestMatches(exchange: Exchange): Promise<boolean> {
    const body = exchange.request.hasBody ? await exchange.readBody() : Buffer.alloc(0);
    const received = exchange.request.headers.get('digest');
    if (received === undefined) return body.length === 0;
    return sameSecret(received, `SHA-256=${crypto.createHash('sha256').update(body).digest('base64')}`);
  }
}

export const hmacAuth: PluginTwin = {
  name: 'hmac-auth',
  priority: 1030,
  version: '3.9.3',
  create: (config, environment) => new HmacAuth(config as unknown as HmacAuthConfig, environment),
};
