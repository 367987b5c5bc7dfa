/** Tokens as the provider gave them, and what they say. */
import { decodeJwt, type JWTPayload } from 'jose';

/** What a grant gave. Times in Unix milliseconds. */
export interface TokenSet {
  readonly accessToken: string;
  /** Null: the provider gave none. */
  readonly refreshToken: string | null;
  readonly idToken: string | null;
  /** Seconds. */
  readonly expiresIn: number;
  /** Seconds; null when the provider does not say. */
  readonly refreshExpiresIn: number | null;
  readonly person: Person;
  /** `sid`; null when no token names the session. */
  readonly sessionId: string | null;
  /** When the access token was issued, and when it ends. */
  readonly issuedAt: number;
  readonly accessUntil: number;
}

/** Who signed in. */
export interface Person {
  /** `sub`. */
  readonly userId: string;
  readonly email: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
}

/** The parts of a token response that count. */
export interface GrantAnswer {
  readonly access_token: string;
  readonly refresh_token?: string | undefined;
  readonly id_token?: string | undefined;
  readonly expires_in?: number | undefined;
  readonly refresh_expires_in?: unknown;
}

const TEXT_MAX = 320;

/** A claim as a text of bounded length; null for anything else. */
export function textClaim(claims: JWTPayload, name: string, max = TEXT_MAX): string | null {
  const value = claims[name];
  return typeof value === 'string' && value !== '' && value.length <= max ? value : null;
}

/** What a JWT says, unchecked: for tokens that came from the provider itself. Nothing for a token that is no JWT. */
export function claimsOf(token: string | null): JWTPayload {
  if (token === null) return {};
  try {
    return decodeJwt(token);
  } catch {
    return {};
  }
}

function personOf(userId: string, tokens: readonly JWTPayload[]): Person {
  const first = (name: string): string | null => {
    for (const claims of tokens) {
      const value = textClaim(claims, name);
      if (value !== null) return value;
    }
    return null;
  };
  return { userId, email: first('email'), firstName: first('given_name'), lastName: first('family_name') };
}

/**
 * @param now Unix milliseconds
 * @throws TypeError when no token names the user
 */
export function tokenSet(answer: GrantAnswer, now: number): TokenSet {
  const idToken = answer.id_token ?? null;
  const id = claimsOf(idToken);
  const access = claimsOf(answer.access_token);
  const userId = textClaim(id, 'sub') ?? textClaim(access, 'sub');
  if (userId === null) throw new TypeError('no token names the user');
  const until = typeof access.exp === 'number' ? access.exp * 1000 : now + (answer.expires_in ?? 60) * 1000;
  const refreshExpiresIn = answer.refresh_expires_in;
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? null,
    idToken,
    expiresIn: answer.expires_in ?? Math.max(0, Math.floor((until - now) / 1000)),
    refreshExpiresIn: typeof refreshExpiresIn === 'number' && refreshExpiresIn > 0 ? refreshExpiresIn : null,
    person: personOf(userId, [id, access]),
    sessionId: textClaim(access, 'sid') ?? textClaim(id, 'sid'),
    issuedAt: typeof access.iat === 'number' ? access.iat * 1000 : now,
    accessUntil: until,
  };
}
