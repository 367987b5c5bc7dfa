/** POST /auth/logout: ends the session of the token that asks. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { cookieOf, REFRESH_COOKIE } from '../http/cookies.js';
import { badRequest } from '../http/fault.js';
import { optionalJsonOf } from '../http/json-body.js';
import { clearTokenCookies } from './answers.js';
import { authenticate } from './authenticate.js';
import type { OidcParts } from './parts.js';

const bodyShape = z.object({ refreshToken: z.string().min(1).max(8192).optional(), redirectUri: z.string().max(2000).optional() });

/** The handler. The provider is told in the background: an end here never waits for it. */
export function logoutHandler(parts: OidcParts) {
  const { client, sessions, settings, effects } = parts;
  return async (request: Request, response: Response): Promise<void> => {
    const read = bodyShape.safeParse(optionalJsonOf(request));
    if (!read.success) throw badRequest('refreshToken and redirectUri must be texts');
    const { redirectUri = settings.redirectUris[0]!, refreshToken } = read.data;
    if (!settings.redirectUris.includes(redirectUri)) throw badRequest('redirectUri is not allowed');
    const caller = await authenticate(request, client, sessions, settings);
    const kept = await sessions.end(caller.sessionId, caller.userId, 'user_action', caller.issuedAt);
    // Of a session that is not known here any more, what the client still has.
    const own = refreshToken ?? (caller.byCookie ? cookieOf(request, REFRESH_COOKIE) : null);
    if (kept?.refreshToken == null && own !== null) sessions.endAtProvider(caller.sessionId, own);
    clearTokenCookies(response, settings);
    const endSessionUrl = await client.endSessionUrl(kept?.idToken ?? null, redirectUri).catch((error) => {
      effects.log('warn', 'the provider’s own logout is not known', { error: String(error) });
      return null;
    });
    response.json({ message: 'Logged out successfully', ...(endSessionUrl === null ? {} : { endSessionUrl }) });
  };
}
