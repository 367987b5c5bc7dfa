/** POST /auth/login: where to go to sign in. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { loginCookieNames, setCookies } from '../http/cookies.js';
import { badRequest } from '../http/fault.js';
import { optionalJsonOf } from '../http/json-body.js';
import { isBrowser, refuseForeignOrigin } from '../http/origin.js';
import { clearLoginCookies, loginSameSite } from './answers.js';
import type { OidcParts } from './parts.js';

const bodyShape = z.object({ redirectUri: z.string().max(2000).optional() });
/** Sign-ins of one browser that may be under way; beyond, all before are forgotten. */
const BEGUN_MAX = 5;

/** The address to return to: one of the list, compared as text; nothing is read into it. */
function returnAddress(request: Request, allowed: readonly string[]): string {
  const read = bodyShape.safeParse(optionalJsonOf(request));
  if (!read.success) throw badRequest('redirectUri must be a text');
  const { redirectUri } = read.data;
  if (redirectUri === undefined) return allowed[0]!;
  if (!allowed.includes(redirectUri)) throw badRequest('redirectUri is not allowed');
  return redirectUri;
}

/** The handler. Nothing is kept here: the answer's `state` and cookie hold all that the callback needs. */
export function loginHandler({ client, transactions, settings }: OidcParts) {
  return async (request: Request, response: Response): Promise<void> => {
    refuseForeignOrigin(request, settings);
    const returnTo = returnAddress(request, settings.redirectUris);
    const begun = await transactions.begin(returnTo, isBrowser(request) ? 'browser' : 'app');
    const authUrl = await client.authorizationUrl(begun);
    if (loginCookieNames(request).length >= BEGUN_MAX) clearLoginCookies(request, response, settings);
    const { name, value } = begun.cookie;
    setCookies(response, [{ name, value, maxAge: Math.ceil(settings.loginMs / 1000), sameSite: loginSameSite(settings) }]);
    response.json({ authUrl, state: begun.state });
  };
}
