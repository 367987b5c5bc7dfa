/** The one place where bodies and headers of errors are made, for denials and for the gateway's own errors alike. */
import { STATUS_CODES } from 'node:http';
import type { Deny, HeaderPairs } from '../decision.js';
import { codeForStatus, type ErrorCode, errorCodes } from './codes.js';
import type { ErrorFormat, ErrorStyle } from './style.js';

/** What an error body says about the request; all of it is known to the client already. */
export interface ErrorSubject {
  /** As sent, without the query (which may carry a token). */
  readonly path: string;
  /** The trace's id; null when there is none: then the request's. */
  readonly traceId: string | null;
  readonly requestId: string;
}

/** An answer ready to send. */
export interface RenderedError {
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: string;
}

interface Parts {
  status: number;
  code: ErrorCode;
  message: string;
  retryAfter: number | undefined;
  details: Readonly<Record<string, unknown>> | undefined;
}

const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded';
const JSON_TYPE: HeaderPairs = [['Content-Type', 'application/json; charset=utf-8']];
const PROBLEM_TYPE: HeaderPairs = [['Content-Type', 'application/problem+json']];

const reason = (status: number): string => STATUS_CODES[status] ?? (status >= 500 ? 'Server Error' : 'Client Error');

/** NestJS's exception shape with the fields that the system pages name. */
function nest(parts: Parts, subject: ErrorSubject, now: number): object {
  return {
    statusCode: parts.status,
    message: parts.message,
    error: reason(parts.status),
    timestamp: new Date(now).toISOString(),
    path: subject.path,
    traceId: subject.traceId ?? subject.requestId,
  };
}

function envelope(parts: Parts): object {
  const error: Record<string, unknown> = { ...parts.details, code: errorCodes[parts.code].name, message: parts.message };
  if (parts.retryAfter !== undefined) error['retryAfter'] = parts.retryAfter;
  return { error };
}

function plain(parts: Parts): object {
  return parts.retryAfter === undefined ? { error: parts.message } : { error: parts.message, retry_after: parts.retryAfter };
}

/** RFC 9457; a limit has the problem type that draft-ietf-httpapi-ratelimit-headers registers. */
function problem(parts: Parts, subject: ErrorSubject): object {
  return {
    ...parts.details,
    type: parts.code === 'rate_limited' ? QUOTA_EXCEEDED : 'about:blank',
    title: reason(parts.status),
    status: parts.status,
    detail: parts.message,
    instance: subject.path,
    traceId: subject.traceId ?? subject.requestId,
  };
}

function bodyOf(format: ErrorFormat, parts: Parts, subject: ErrorSubject, now: number): object {
  switch (format) {
    case 'nest':
      return nest(parts, subject, now);
    case 'envelope':
      return envelope(parts);
    case 'plain':
      return plain(parts);
    case 'problem':
      return problem(parts, subject);
  }
}

/**
 * The challenge of a 401, and of a 403 for want of scope (RFC 6750 section 3): with no error code when the request had no
 * credentials, so that a client is told how to sign in and nothing else.
 */
function challenge(code: ErrorCode, status: number, realm: string): readonly [string, string] | null {
  const { bearer, hint } = errorCodes[code];
  if (status !== 401 && bearer !== 'insufficient_scope') return null;
  if (bearer === undefined) return ['WWW-Authenticate', `Bearer realm="${realm}"`];
  return ['WWW-Authenticate', `Bearer realm="${realm}", error="${bearer}", error_description="${hint ?? ''}"`];
}

/**
 * A denial in a system's form.
 * @param now Unix milliseconds, for the body's timestamp
 */
export function renderDenial(denial: Deny, style: ErrorStyle, subject: ErrorSubject, now: number): RenderedError {
  const spec = errorCodes[denial.code];
  const status = denial.status ?? spec.status;
  const retryAfter = denial.retryAfter === undefined ? undefined : Math.max(1, Math.ceil(denial.retryAfter));
  const parts: Parts = {
    status,
    code: denial.code,
    message: denial.message ?? style.messages[denial.code] ?? spec.message,
    retryAfter,
    details: denial.details,
  };
  const headers: (readonly [string, string])[] = [...(style.format === 'problem' ? PROBLEM_TYPE : JSON_TYPE)];
  const authenticate = challenge(denial.code, status, style.realm);
  if (authenticate) headers.push(authenticate);
  if (retryAfter !== undefined) headers.push(['Retry-After', String(retryAfter)]);
  if (denial.headers) headers.push(...denial.headers);
  return { status, headers, body: JSON.stringify(bodyOf(style.format, parts, subject, now)) };
}

/** What the gateway's own error may add. */
export interface GatewayErrorOptions {
  /** For 405: the methods that the path has. */
  readonly allow?: readonly string[];
  /** Seconds. */
  readonly retryAfter?: number;
}

/** An error that no policy made (no route, 400, 405, 413, 502, 503, 504 …), in a system's form. */
export function renderGatewayError(
  status: number,
  style: ErrorStyle,
  subject: ErrorSubject,
  now: number,
  options: GatewayErrorOptions = {},
): RenderedError {
  const headers: HeaderPairs = options.allow ? [['Allow', options.allow.join(', ')]] : [];
  const retry = options.retryAfter === undefined ? {} : { retryAfter: options.retryAfter };
  return renderDenial({ kind: 'deny', code: codeForStatus(status), status, headers, ...retry }, style, subject, now);
}
