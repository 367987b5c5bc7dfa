/** A short-lived token that tells the service behind that the request came through this gateway. */
import { type Decision, deny, type Facts, PASS, type Pass, type PolicyInstance } from '@gatehouse/policy';
import type { Config } from './schema.js';

/** Claims of a token, signed by whoever has the key. */
export interface TokenSigner {
  sign(claims: Readonly<Record<string, string | number>>): string;
  /** The public keys as JSON (RFC 7517). */
  readonly keySet: string;
}

export interface ServiceTokenTools {
  readonly signer: TokenSigner;
  randomBytes(length: number): Uint8Array;
}

interface Current {
  readonly pass: Pass;
  /** Unix milliseconds from which on another one is made. */
  readonly staleAt: number;
}

const NOT_ALLOWED = Object.freeze(deny('method_not_allowed', { headers: [['Allow', 'GET, HEAD']] }));
/** Audiences that tokens are remembered for: names of services, never anything of a client's. */
const AUDIENCES_MAX = 1000;

class ServiceToken implements PolicyInstance {
  private readonly current = new Map<string, Current>();

  constructor(
    private readonly config: Config,
    private readonly tools: ServiceTokenTools,
  ) {}

  decide(facts: Facts, _context: unknown, now: number): Decision {
    const audience = this.config.audience ?? facts.service;
    if (audience === null) return PASS;
    const known = this.current.get(audience);
    // A clock that went back must not keep a token in use past its end.
    if (known && now < known.staleAt && known.staleAt - now <= this.config.ttl_seconds * 500) return known.pass;
    return this.renew(audience, now);
  }

  private renew(audience: string, now: number): Pass {
    const { issuer, ttl_seconds: ttl, header } = this.config;
    const iat = Math.floor(now / 1000);
    const jti = Buffer.from(this.tools.randomBytes(16)).toString('base64url');
    const token = this.tools.signer.sign({ iss: issuer, sub: issuer, aud: audience, iat, nbf: iat, exp: iat + ttl, jti });
    const pass: Pass = Object.freeze({ kind: 'pass', setHeaders: [[header, token]] as const, removeHeaders: [header.toLowerCase()] });
    if (this.current.size >= AUDIENCES_MAX) this.current.clear();
    this.current.set(audience, { pass, staleAt: now + ttl * 500 });
    return pass;
  }
}

function keySetAnswer(signer: TokenSigner): PolicyInstance {
  const headers = [
    ['Content-Type', 'application/jwk-set+json'],
    ['Cache-Control', 'public, max-age=300'],
  ] as const;
  const answer: Decision = Object.freeze({ kind: 'answer', status: 200, headers, body: signer.keySet });
  return { decide: ({ method }) => (method === 'GET' || method === 'HEAD' ? answer : NOT_ALLOWED) };
}

/** The policy over its signer. */
export function create(config: Config, tools: ServiceTokenTools): PolicyInstance {
  return config.serve_jwks ? keySetAnswer(tools.signer) : new ServiceToken(config, tools);
}
