/** Cookies of a browser that signs in. `__Host-`: this host alone, every path, TLS only (RFC 6265bis section 4.1.3.2). */

import { cookieValues } from '@gatehouse/policy';
import { stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';
import type { SameSite } from '../settings.js';

/** Where the gateway's `jwt-auth` looks for a browser's token. */
export const ACCESS_COOKIE = '__Host-access_token';
/** Where a browser keeps its refresh token. */
export const REFRESH_COOKIE = '__Host-refresh_token';
/** A sign-in that was begun: followed by a part of its id, so that several tabs may sign in at once. */
export const LOGIN_COOKIE_PREFIX = '__Host-login-';

/** Bytes of name and value that every browser keeps (RFC 6265 section 6.1). */
export const COOKIE_MAX = 4096;
/** Bytes of all cookies of a session: the gateway takes 8 KiB in one header line, and other cookies want room as well. */
export const COOKIES_TOTAL_MAX = 7168;

/** One cookie to set; `maxAge` in seconds, 0 removes it. */
export interface NewCookie {
  readonly name: string;
  readonly value: string;
  readonly maxAge: number;
  readonly sameSite: SameSite;
}

/** The one value of a cookie; null when there is none, or several (one of them is somebody else's). */
export function cookieOf(request: Request, name: string): string | null {
  const header = request.headers.cookie;
  if (header === undefined) return null;
  const values = cookieValues([header], name);
  return values.length === 1 && values[0] !== '' ? values[0]! : null;
}

/** Names of the sign-ins that this browser began. */
export function loginCookieNames(request: Request): string[] {
  const pairs = (request.headers.cookie ?? '').split(';');
  const names = pairs.map((pair) => pair.split('=', 1)[0]!.trim());
  return names.filter((name) => name.startsWith(LOGIN_COOKIE_PREFIX));
}

/** Sets cookies, beside those that were set before. */
export function setCookies(response: Response, cookies: readonly NewCookie[]): void {
  for (const { name, value, maxAge, sameSite } of cookies) {
    response.append('Set-Cookie', stringifySetCookie({ name, value, maxAge, path: '/', httpOnly: true, secure: true, sameSite }));
  }
}

/** Whether browsers and the gateway will take these cookies: each alone and all together. */
export function cookiesFit(cookies: readonly NewCookie[]): boolean {
  const sizes = cookies.map(({ name, value }) => name.length + value.length);
  return sizes.every((size) => size <= COOKIE_MAX) && sizes.reduce((sum, size) => sum + size, 0) <= COOKIES_TOTAL_MAX;
}
