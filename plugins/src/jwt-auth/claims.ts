/** Judging the claims of a token whose signature holds (RFC 7519 section 4, RFC 8725). */
import type { Config } from './schema.js';

export type Claims = Readonly<Record<string, unknown>>;

export type ClaimRules = Pick<
  Config,
  'issuers' | 'audiences' | 'clock_skew_seconds' | 'max_lifetime_seconds' | 'required_claims' | 'claim_values'
>;

/** Seconds; a date later than this is a mistake, and its milliseconds would lose their exactness. */
const DATE_MAX = 8.64e12;

/** A NumericDate in milliseconds; null for none, undefined for one that is broken. */
function date(claims: Claims, name: string): number | null | undefined {
  if (!Object.hasOwn(claims, name)) return null;
  const value = claims[name];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= DATE_MAX ? value * 1000 : undefined;
}

/** A claim by its dotted path: own members only. A claim whose name itself has the dots (`https://x.example/roles`) comes first. */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** The times of a token, in Unix milliseconds. */
export interface TokenTimes {
  readonly expiresAt: number;
  readonly issuedAt: number | null;
}

/** The times, or why they refuse the token. `skewMs` widens every bound. */
export function checkTimes(claims: Claims, rules: ClaimRules, now: number): TokenTimes | 'invalid' | 'expired' {
  const skewMs = rules.clock_skew_seconds * 1000;
  const expiresAt = date(claims, 'exp');
  const notBefore = date(claims, 'nbf');
  const issuedAt = date(claims, 'iat');
  if (expiresAt === null || expiresAt === undefined || notBefore === undefined || issuedAt === undefined) return 'invalid';
  if (notBefore !== null && notBefore - skewMs > now) return 'invalid';
  if (issuedAt !== null && issuedAt - skewMs > now) return 'invalid';
  const { max_lifetime_seconds: lifetime } = rules;
  if (lifetime !== undefined && (issuedAt === null || expiresAt - issuedAt > lifetime * 1000)) return 'invalid';
  return expiresAt + skewMs <= now ? 'expired' : { expiresAt, issuedAt };
}

function audienceFits(aud: unknown, wanted: readonly string[]): boolean {
  if (typeof aud === 'string') return wanted.includes(aud);
  return Array.isArray(aud) && aud.every((item) => typeof item === 'string') && aud.some((item) => wanted.includes(item));
}

/** Whether issuer, audience and what the operator requires are there. */
export function claimsFit(claims: Claims, rules: ClaimRules): boolean {
  const { issuers, audiences, required_claims, claim_values } = rules;
  if (issuers.length > 0 && !(typeof claims['iss'] === 'string' && issuers.includes(claims['iss']))) return false;
  if (audiences.length > 0 && !audienceFits(claims['aud'], audiences)) return false;
  if (required_claims.some((path) => (claimAt(claims, path) ?? null) === null)) return false;
  return Object.entries(claim_values ?? {}).every(([path, wanted]) => claimAt(claims, path) === wanted);
}
