import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deny } from '../decision.js';
import { codeForStatus, type ErrorCode, errorCodes } from './codes.js';
import { renderDenial, renderGatewayError } from './render.js';
import { errorFormats, errorStyle } from './style.js';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const subject = { path: '/courses/7', traceId: '4bf92f3577b34da6a3ce929d0e0e4736', requestId: 'f'.repeat(32) };
const shown = (system: string, code: ErrorCode, more: Parameters<typeof deny>[1] = {}) => {
  const { status, headers, body } = renderDenial(deny(code, more), errorStyle(system), subject, NOW);
  return { status, headers: Object.fromEntries(headers), body: JSON.parse(body) };
};

describe('each system has its own words and form', () => {
  const nest = (statusCode: number, message: string, error: string) => ({
    statusCode,
    message,
    error,
    timestamp: '2026-01-02T03:04:05.000Z',
    path: subject.path,
    traceId: subject.traceId,
  });

  test.each<[string, ErrorCode, number, object]>([
    ['gongbu', 'token_missing', 401, nest(401, 'Token required', 'Unauthorized')],
    ['gongbu', 'token_invalid', 401, nest(401, 'Invalid token', 'Unauthorized')],
    ['gongbu', 'token_expired', 401, nest(401, 'Invalid token', 'Unauthorized')],
    ['gongbu', 'forbidden', 403, nest(403, 'Forbidden', 'Forbidden')],
    ['gongbu', 'rate_limited', 429, nest(429, 'Too many requests', 'Too Many Requests')],
    ['interview', 'token_missing', 401, nest(401, 'Unauthorized', 'Unauthorized')],
    ['interview', 'token_invalid', 401, nest(401, 'Unauthorized', 'Unauthorized')],
    ['interview', 'token_expired', 401, nest(401, 'Token expired', 'Unauthorized')],
    ['interview', 'not_found', 404, nest(404, 'Not found', 'Not Found')],
    ['interview', 'internal', 500, nest(500, 'Internal server error', 'Internal Server Error')],
    ['interview', 'bad_gateway', 502, nest(502, 'Bad gateway', 'Bad Gateway')],
    ['interview', 'gateway_timeout', 504, nest(504, 'Gateway timeout', 'Gateway Timeout')],
    ['freelance', 'token_missing', 401, { error: 'Authentication required' }],
    ['freelance', 'token_expired', 401, { error: 'Token expired' }],
    ['freelance', 'token_invalid', 401, { error: 'Invalid token' }],
    ['healthpay', 'token_missing', 401, { error: { code: 'UNAUTHORIZED', message: 'Authentication required' } }],
    ['healthpay', 'token_expired', 401, { error: { code: 'TOKEN_EXPIRED', message: 'Token expired' } }],
    ['healthpay', 'not_found', 404, { error: { code: 'NOT_FOUND', message: 'Not found' } }],
    ['healthpay', 'method_not_allowed', 405, { error: { code: 'METHOD_NOT_ALLOWED', message: 'Method not allowed' } }],
    ['healthpay', 'circuit_open', 503, { error: { code: 'SERVICE_UNAVAILABLE', message: 'Service temporarily unavailable' } }],
    ['healthpay', 'bad_gateway', 502, { error: { code: 'BAD_GATEWAY', message: 'Bad gateway' } }],
    ['healthpay', 'gateway_timeout', 504, { error: { code: 'GATEWAY_TIMEOUT', message: 'Gateway timeout' } }],
  ])('%s %s', (system, code, status, body) => {
    const made = shown(system, code);
    expect(made.status).toBe(status);
    expect(made.body).toEqual(body);
    expect(made.headers['Content-Type']).toBe('application/json; charset=utf-8');
  });

  test('limits tell when to come back, in the place that the form has for it', () => {
    const more = { retryAfter: 11.2, details: { 'violated-policies': ['min'] } };
    expect(shown('freelance', 'rate_limited', more).body).toEqual({ error: 'Rate limit exceeded', retry_after: 12 });
    expect(shown('healthpay', 'rate_limited', more).body).toEqual({
      error: {
        code: 'RATE_LIMIT_EXCEEDED',
        message: 'Too many requests. Please try again later.',
        retryAfter: 12,
        'violated-policies': ['min'],
      },
    });
    expect(shown('learning', 'rate_limited', more).body).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      'violated-policies': ['min'],
    });
    expect(shown('gongbu', 'rate_limited', more).headers['Retry-After']).toBe('12');
    expect(shown('gongbu', 'rate_limited', { retryAfter: 0 }).headers['Retry-After']).toBe('1');
  });

  test('learning, and whatever has no form of its own, gets problem details', () => {
    for (const system of ['learning', 'nobody', '', 'constructor', '__proto__']) {
      const made = shown(system, 'not_found');
      expect(made.headers['Content-Type']).toBe('application/problem+json');
      expect(made.body).toEqual({
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        detail: 'Not found',
        instance: '/courses/7',
        traceId: subject.traceId,
      });
    }
  });
});

describe('challenges (RFC 6750 section 3)', () => {
  test.each<[ErrorCode, string | undefined]>([
    ['token_missing', 'Bearer realm="gongbu"'],
    ['token_expired', 'Bearer realm="gongbu", error="invalid_token", error_description="The token expired"'],
    [
      'scope_missing',
      'Bearer realm="gongbu", error="insufficient_scope", error_description="The token lacks a scope that this request needs"',
    ],
    ['key_invalid', 'Bearer realm="gongbu"'],
    ['forbidden', undefined],
    ['rate_limited', undefined],
  ])('%s', (code, expected) => expect(shown('gongbu', code).headers['WWW-Authenticate']).toBe(expected));

  test('a system name can not break out of the header', () => {
    const made = renderDenial(deny('token_missing'), errorStyle('a"b\r\n'), subject, NOW);
    expect(made.headers).toContainEqual(['WWW-Authenticate', 'Bearer realm="gateway"']);
  });
});

describe("the gateway's own errors", () => {
  test('405 has Allow', () => {
    const made = renderGatewayError(405, errorStyle('gongbu'), subject, NOW, { allow: ['GET', 'HEAD'] });
    expect(made.headers).toContainEqual(['Allow', 'GET, HEAD']);
    expect(JSON.parse(made.body)).toMatchObject({ statusCode: 405, message: 'Method not allowed' });
  });

  test.each([
    [400, 'bad_request'],
    [401, 'token_missing'],
    [404, 'not_found'],
    [413, 'payload_too_large'],
    [414, 'uri_too_long'],
    [431, 'headers_too_large'],
    [494, 'headers_too_large'],
    [500, 'internal'],
    [502, 'bad_gateway'],
    [503, 'service_unavailable'],
    [504, 'gateway_timeout'],
    [418, 'bad_request'],
    [599, 'internal'],
  ])('%d is %s', (status, code) => expect(codeForStatus(status)).toBe(code));

  test('every status keeps itself, in every form, with a parsable body', () => {
    const statuses = fc.integer({ min: 400, max: 599 });
    fc.assert(
      fc.property(statuses, fc.constantFrom(...errorFormats), fc.string(), (status, format, path) => {
        const made = renderGatewayError(status, errorStyle('x', format), { ...subject, path }, NOW);
        expect(made.status).toBe(status);
        expect(typeof JSON.parse(made.body)).toBe('object');
      }),
    );
  });

  test('every code has a status of an error and words', () => {
    for (const spec of Object.values(errorCodes)) {
      expect(spec.status).toBeGreaterThanOrEqual(400);
      expect(spec.message).toMatch(/^[A-Z]/);
      expect(spec.name).toMatch(/^[A-Z_]+$/);
    }
  });
});
