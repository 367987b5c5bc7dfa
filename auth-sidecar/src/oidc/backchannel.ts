/** POST /auth/backchannel-logout: the provider says that a session, or all of a user's, ended (OIDC Back-Channel Logout 1.0). */
import type { Request, Response } from 'express';
import type { JWTPayload } from 'jose';
import { badRequest, HttpFault } from '../http/fault.js';
import { newOwner, type OidcParts } from './parts.js';
import { textClaim } from './tokens.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** Seconds that a logout token is taken after its issue; its id is remembered for twice as long. */
const AGE_S = 300;
const TOKEN_MAX = 8192;

/** What a logout token says. */
interface LogoutClaims {
  readonly jti: string;
  /** Unix milliseconds. */
  readonly issuedAt: number;
  readonly sessionId: string | null;
  readonly userId: string | null;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The one parameter of the form (section 2.5). */
function tokenOf(request: Request): string {
  const body: unknown = request.body;
  const token = isRecord(body) ? body['logout_token'] : undefined;
  if (typeof token !== 'string' || token === '' || token.length > TOKEN_MAX) throw badRequest('logout_token is missing');
  return token;
}

/** Section 2.6, steps 4 to 7; signature, issuer, audience and times were checked before. */
function claimsOf(payload: JWTPayload): LogoutClaims {
  const wrong = (why: string): HttpFault => badRequest('Invalid logout token', why);
  const events = payload['events'];
  if (!isRecord(events) || !isRecord(events[EVENT])) throw wrong('no logout event');
  if ('nonce' in payload) throw wrong('a nonce: this is an ID token');
  const jti = textClaim(payload, 'jti');
  if (jti === null) throw wrong('no jti');
  const sessionId = textClaim(payload, 'sid');
  const userId = textClaim(payload, 'sub');
  if (sessionId === null && userId === null) throw wrong('neither sid nor sub');
  return { jti, issuedAt: payload.iat! * 1000, sessionId, userId };
}

async function verified(token: string, { client, settings }: OidcParts): Promise<LogoutClaims> {
  const rules = { audience: settings.clientId, typ: 'logout+jwt', maxTokenAge: AGE_S, requiredClaims: ['iat', 'jti', 'events'] };
  try {
    return claimsOf(await client.verify(token, rules));
  } catch (error) {
    if (error instanceof HttpFault && error.denial.code.startsWith('token_')) throw badRequest('Invalid logout token', error.why);
    throw error;
  }
}

/** The handler: 200 when it was done, 400 for a token that is not good (section 2.8). */
export function backchannelHandler(parts: OidcParts) {
  const { replay, sessions } = parts;
  return async (request: Request, response: Response): Promise<void> => {
    const { jti, issuedAt, sessionId, userId } = await verified(tokenOf(request), parts);
    const key = `interview:logout:${jti}`;
    const owner = newOwner(parts);
    if ((await replay.claim(key, owner, AGE_S * 2000)) !== 'new') throw badRequest('Invalid logout token', 'its jti was seen before');
    try {
      if (sessionId !== null) await sessions.end(sessionId, userId, 'admin_action', issuedAt);
      else await sessions.endAll(userId!, 'admin_action', issuedAt);
    } catch (error) {
      // The provider may tell again what could not be done.
      await replay.release(key, owner).catch(() => undefined);
      throw error;
    }
    response.status(200).end();
  };
}
