/** Who asks, at the paths that need somebody: the gateway has checked it, and it is checked again. */
import type { Request } from 'express';
import { ACCESS_COOKIE, cookieOf } from '../http/cookies.js';
import { HttpFault } from '../http/fault.js';
import { requireOrigin } from '../http/origin.js';
import { type Sessions, sessionIdOf } from '../sessions/sessions.js';
import type { OidcSettings } from '../settings.js';
import type { OidcClient } from './client.js';
import { textClaim } from './tokens.js';

export interface Caller {
  readonly userId: string;
  readonly sessionId: string;
  /** Issue of the token in Unix milliseconds. */
  readonly issuedAt: number;
  /** The token came by a cookie, and so from a browser. */
  readonly byCookie: boolean;
}

const BEARER = /^bearer +([^ ]{1,8192})$/i;
const SAFE = new Set(['GET', 'HEAD']);

/** The token, and whether a browser sent it by itself: the gateway hands a cookie's token on in the header as well. */
function tokenOf(request: Request): { token: string; byCookie: boolean } | null {
  const cookie = cookieOf(request, ACCESS_COOKIE);
  const header = request.get('authorization');
  const bearer = header === undefined ? undefined : BEARER.exec(header)?.[1];
  if (header !== undefined) return bearer === undefined ? null : { token: bearer, byCookie: bearer === cookie };
  return cookie === null ? null : { token: cookie, byCookie: true };
}

/**
 * @throws HttpFault 401 without a good token, 403 when another site had a browser send it, 503 when nobody can say
 */
export async function authenticate(request: Request, client: OidcClient, sessions: Sessions, rules: OidcSettings): Promise<Caller> {
  const found = tokenOf(request);
  if (!found) throw new HttpFault('token_missing');
  if (found.byCookie && !SAFE.has(request.method)) requireOrigin(request, rules);
  const claims = await client.verifyAccessToken(found.token);
  const sessionId = sessionIdOf(textClaim(claims, 'sid'), claims.sub);
  const issuedAt = (claims.iat ?? 0) * 1000;
  if (await sessions.endedSince(sessionId, claims.sub, issuedAt)) throw new HttpFault('token_revoked');
  return { userId: claims.sub, sessionId, issuedAt, byCookie: found.byCookie };
}
