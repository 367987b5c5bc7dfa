/** How tokens reach a client: in cookies for a browser, in the body for everybody else. */
import type { Request, Response } from 'express';
import { ACCESS_COOKIE, cookiesFit, loginCookieNames, type NewCookie, REFRESH_COOKIE, setCookies } from '../http/cookies.js';
import { HttpFault } from '../http/fault.js';
import type { Pair } from '../refresh/refresher.js';
import type { OidcSettings } from '../settings.js';

type CookieRules = Pick<OidcSettings, 'sameSite' | 'sessionIdleMs'>;

/** Seconds for which a browser keeps an access token that is about to end all the same: its clock may be behind. */
const ACCESS_MIN_S = 1;

/** Whether a page is wanted: a browser on its way, by what it accepts or by its own word (Fetch Metadata). */
export function wantsPage(request: Request): boolean {
  return request.accepts(['json', 'html']) === 'html' || request.get('sec-fetch-mode') === 'navigate';
}

/**
 * The cookies that keep a pair in the browser.
 * @throws HttpFault 500 when it does not fit: browsers drop a cookie above 4096 bytes without a word, and the gateway reads one alone
 */
export function tokenCookies(pair: Pair, { sameSite, sessionIdleMs }: CookieRules): readonly NewCookie[] {
  const { accessToken, refreshToken, expiresIn, refreshExpiresIn } = pair;
  const cookies: NewCookie[] = [{ name: ACCESS_COOKIE, value: accessToken, maxAge: Math.max(ACCESS_MIN_S, expiresIn), sameSite }];
  const refreshAge = refreshExpiresIn ?? Math.floor(sessionIdleMs / 1000);
  if (refreshToken !== null) cookies.push({ name: REFRESH_COOKIE, value: refreshToken, maxAge: refreshAge, sameSite });
  if (!cookiesFit(cookies)) {
    throw new HttpFault('internal', { message: 'The tokens are too large for cookies' }, 'give the tokens fewer claims at the provider');
  }
  return cookies;
}

/** Takes the session's cookies from the browser. */
export function clearTokenCookies(response: Response, { sameSite }: CookieRules): void {
  setCookies(
    response,
    [ACCESS_COOKIE, REFRESH_COOKIE].map((name) => ({ name, value: '', maxAge: 0, sameSite })),
  );
}

/** The state's cookie must come along when the provider sends the browser back: from another site, by a link. */
export const loginSameSite = ({ sameSite }: Pick<OidcSettings, 'sameSite'>): 'lax' | 'none' => (sameSite === 'none' ? 'none' : 'lax');

/** Takes the cookies of sign-ins that were begun from the browser. */
export function clearLoginCookies(request: Request, response: Response, rules: CookieRules): void {
  const sameSite = loginSameSite(rules);
  const names = loginCookieNames(request).slice(0, 50);
  setCookies(
    response,
    names.map((name) => ({ name, value: '', maxAge: 0, sameSite })),
  );
}
