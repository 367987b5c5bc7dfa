/** Twin of Kong's jwt: a signed token says who the client is. */
import crypto from 'node:crypto';
import type { Exchange, Exit, PluginEnvironment, PluginInstance, PluginTwin } from '../../plugin.js';
import { authenticate, credentialsBy, type KnownCredential, Refusal, settle } from '../lib/authentication.js';
import { decodeBase64Url } from '../lib/base64.js';
import { toBytes } from '../lib/bytes.js';
import { jsonExit } from '../lib/exits.js';
import { AbsentValue } from '../lib/failing.js';
import { type TokenPlaces, tokenFinder } from './find-token.js';
import { decodeToken, own, type Token, type VerificationKey, verifySignature } from './token.js';

/** Kong's schema (kong/plugins/jwt/schema.lua), defaults filled in. */
interface JwtConfig extends TokenPlaces {
  key_claim_name: string | null;
  secret_is_base64: boolean;
  claims_to_verify: ('exp' | 'nbf')[] | null;
  /** Id or username of a consumer. */
  anonymous: string | null;
  run_on_preflight: boolean;
  /** Seconds; 0 = any. */
  maximum_expiration: number;
  realm: string | null;
}

interface Verifier {
  readonly known: KnownCredential;
  readonly algorithm: string;
  /** Null for a secret or key that can't be used. */
  readonly key: VerificationKey | null;
}

/** Claims that are not as they should be, by name. */
class ClaimRefusal extends Refusal {
  constructor(
    readonly errors: Record<string, string>,
    challenge: string,
  ) {
    super(401, '', challenge);
  }
}

function keyOf({ credential }: KnownCredential, algorithm: string, isBase64: boolean): VerificationKey | null {
  if (algorithm.startsWith('HS')) {
    const secret = String(credential['secret'] ?? '');
    return isBase64 ? decodeBase64Url(secret) : Buffer.from(secret);
  }
  try {
    return crypto.createPublicKey(String(credential['rsa_public_key'] ?? ''));
  } catch {
    return null;
  }
}

function refuse(_exchange: Exchange, failure: Refusal): Exit {
  const body = failure instanceof ClaimRefusal ? failure.errors : { message: failure.message };
  return jsonExit(failure.status, body, { 'WWW-Authenticate': failure.challenge });
}

class Jwt implements PluginInstance {
  private readonly verifiers = new Map<string, Verifier>();
  private readonly find: ReturnType<typeof tokenFinder>;
  private readonly challenge: string;
  private readonly badToken: string;

  constructor(
    private readonly config: JwtConfig,
    private readonly environment: PluginEnvironment,
  ) {
    this.find = tokenFinder(config);
    this.challenge = config.realm === null ? 'Bearer' : `Bearer realm="${config.realm}"`;
    this.badToken = `${this.challenge} error="invalid_token"`;
    for (const [name, known] of credentialsBy(environment.directory, 'jwt_secrets', 'key', 'key')) {
      const algorithm = String(known.credential['algorithm'] ?? 'HS256');
      this.verifiers.set(name, { known, algorithm, key: keyOf(known, algorithm, config.secret_is_base64) });
    }
  }

  access(exchange: Exchange): Exit | undefined {
    const { anonymous, run_on_preflight } = this.config;
    if (!run_on_preflight && exchange.upstream.method === 'OPTIONS') return undefined;
    if (anonymous !== null && exchange.credential) return undefined;
    return settle(exchange, this.check(exchange), anonymous, this.environment.directory, refuse);
  }

  private bad(message: string): Refusal {
    return new Refusal(401, message, this.badToken);
  }

  private check(exchange: Exchange): Refusal | null {
    const tokens = this.find(exchange);
    const [text] = tokens;
    if (text === undefined) return new Refusal(401, 'Unauthorized', this.challenge);
    if (tokens.size > 1) return this.bad('Multiple tokens provided');
    if (text === true) return this.bad('Unrecognizable token');
    const token = decodeToken(text);
    if (typeof token === 'string') return this.bad(`Bad token; ${token}`);
    const verifier = this.verifierOf(token);
    if (verifier instanceof Refusal) return verifier;
    const failure = this.checkSignature(token, verifier) ?? this.checkClaims(token);
    if (failure) return failure;
    authenticate(exchange, verifier.known);
    exchange.shared.set('authenticated_jwt_token', text);
    return null;
  }

  private verifierOf({ claims, header }: Token): Verifier | Refusal {
    const name = this.config.key_claim_name;
    if (name === null) throw new AbsentValue('config.key_claim_name');
    // Kong looks into the header too, and takes only nil and false for nothing.
    const key = own(claims, name) || own(header, name) || (own(claims, name) ?? own(header, name));
    if (key === undefined || key === false) return this.bad(`No mandatory '${name}' in claims`);
    if (key === '') return this.bad(`Invalid '${name}' in claims`);
    const verifier = typeof key === 'string' ? this.verifiers.get(toBytes(key)) : undefined;
    return verifier ?? this.bad(`No credentials found for given '${name}'`);
  }

  private checkSignature(token: Token, { algorithm, key }: Verifier): Refusal | null {
    if (token.header['alg'] !== algorithm) return this.bad('Invalid algorithm');
    if (!key) return this.bad('Invalid key/secret');
    return verifySignature(token, algorithm, key) ? null : this.bad('Invalid signature');
  }

  private checkClaims({ claims }: Token): Refusal | null {
    const now = Math.floor(this.environment.now() / 1000);
    const errors: Record<string, string> = {};
    for (const name of this.config.claims_to_verify ?? []) {
      const value = own(claims, name);
      if (typeof value !== 'number') errors[name] = 'must be a number';
      else if (name === 'exp' && value <= now) errors[name] = 'token expired';
      else if (name === 'nbf' && value > now) errors[name] = 'token not valid yet';
    }
    if (Object.keys(errors).length > 0) return new ClaimRefusal(errors, this.badToken);
    const { maximum_expiration } = this.config;
    const exp = Number(own(claims, 'exp') ?? Number.NaN);
    if (maximum_expiration > 0 && !(exp - now <= maximum_expiration)) {
      return new ClaimRefusal({ exp: 'exceeds maximum allowed expiration' }, this.badToken);
    }
    return null;
  }
}

export const jwt: PluginTwin = {
  name: 'jwt',
  priority: 1450,
  version: '3.9.3',
  create: (config, environment) => new Jwt(config as unknown as JwtConfig, environment),
};
