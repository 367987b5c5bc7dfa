/** JSON bodies whose meaning every parser agrees on: no key twice, no broken UTF-8, bounded. */
import { strictJson } from '@gatehouse/policy';
import express, { type Request, type RequestHandler } from 'express';
import { HttpFault } from './fault.js';

const TYPE = 'application/json';

/**
 * Reads the body of a request as bytes, for `jsonOf`.
 * @param maxBytes beyond which the answer is 413
 */
export const jsonBytes = (maxBytes: number): RequestHandler => express.raw({ type: TYPE, limit: maxBytes, inflate: false });

/**
 * The body as an object.
 * @throws HttpFault 415 for another media type, 400 for what is no object in JSON
 */
export function jsonOf(request: Request): Readonly<Record<string, unknown>> {
  const body: unknown = request.body;
  if (!Buffer.isBuffer(body)) throw new HttpFault('unsupported_media_type', {}, 'the body is no JSON');
  const value = strictJson(body);
  if (value === null) throw new HttpFault('bad_request', {}, 'the body is no JSON object');
  return value;
}

/** The same, where no body at all counts as an empty object. */
export function optionalJsonOf(request: Request): Readonly<Record<string, unknown>> {
  const empty = request.headers['transfer-encoding'] === undefined && Number(request.headers['content-length'] ?? 0) === 0;
  return empty ? {} : jsonOf(request);
}
