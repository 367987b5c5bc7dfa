/** Bounds of what a request may bring, before anything reads it. */
import type { NextFunction, Request, Response } from 'express';
import { HttpFault } from './fault.js';

/** Bytes of a body: a refresh token or a logout token. */
export const BODY_MAX = 16_384;
/** Bytes of all cookies: what the gateway takes in a line. */
export const COOKIES_MAX = 8192;
/** Bytes of a request's head. */
export const HEAD_MAX = 32_768;

/** Refuses cookies beyond the bound, and requests that try to be two. */
export function limits(request: Request, _response: Response, next: NextFunction): void {
  if ((request.headers.cookie?.length ?? 0) > COOKIES_MAX) return next(new HttpFault('headers_too_large', {}, 'too many cookies'));
  if (request.originalUrl.length > COOKIES_MAX) return next(new HttpFault('uri_too_long'));
  next();
}

/** Nothing that is answered here may be kept by anybody. */
export function noStore(_request: Request, response: Response, next: NextFunction): void {
  response.set('Cache-Control', 'no-store');
  next();
}
