/** POST /auth/refresh: a new pair for a refresh token, from the body (apps) or the cookie (browsers). */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { cookieOf, REFRESH_COOKIE, setCookies } from '../http/cookies.js';
import { badRequest, HttpFault } from '../http/fault.js';
import { optionalJsonOf } from '../http/json-body.js';
import { requireOrigin } from '../http/origin.js';
import { clearTokenCookies, tokenCookies } from './answers.js';
import type { OidcParts } from './parts.js';

const bodyShape = z.object({ refreshToken: z.string().min(1).max(8192).optional() });

/** The token; who knows it may use it, a browser's cookie only with an Origin beside it. */
function tokenOf(request: Request, parts: OidcParts): { token: string; byCookie: boolean } {
  const read = bodyShape.safeParse(optionalJsonOf(request));
  if (!read.success) throw badRequest('refreshToken must be a text');
  const { refreshToken } = read.data;
  if (refreshToken !== undefined) return { token: refreshToken, byCookie: false };
  const cookie = cookieOf(request, REFRESH_COOKIE);
  if (cookie === null) throw new HttpFault('token_missing');
  requireOrigin(request, parts.settings);
  return { token: cookie, byCookie: true };
}

/** The handler. What came by a cookie goes back by cookies: no script gets to see it. */
export function refreshHandler(parts: OidcParts) {
  const { refresher, settings } = parts;
  return async (request: Request, response: Response): Promise<void> => {
    const { token, byCookie } = tokenOf(request, parts);
    try {
      const pair = await refresher.refresh(token);
      const { accessToken, refreshToken, expiresIn } = pair;
      if (!byCookie) return void response.json({ accessToken, refreshToken, expiresIn });
      setCookies(response, tokenCookies(pair, settings));
      response.json({ expiresIn });
    } catch (error) {
      if (byCookie && error instanceof HttpFault && error.denial.code === 'token_invalid') clearTokenCookies(response, settings);
      throw error;
    }
  };
}
