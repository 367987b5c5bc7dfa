import { reasonOf } from '../host/failure.js';
import type { FailureForm } from '../host/mock.js';

/** NestJS: `{ statusCode, message, error, timestamp, path, traceId }` (gongbu, interview). */
export const nestFailure: FailureForm = (failure, exchange, now) => {
  const requestId = exchange.headers['x-request-id'];
  return {
    status: failure.status,
    json: {
      statusCode: failure.status,
      message: failure.details.length > 0 ? failure.details : failure.message,
      error: reasonOf(failure.status),
      timestamp: new Date(now).toISOString(),
      path: exchange.path,
      ...(typeof requestId === 'string' ? { traceId: requestId } : {}),
    },
  };
};

/** Problem details, RFC 9457 (learning). */
export const problemFailure: FailureForm = (failure, exchange) => ({
  status: failure.status,
  headers: { 'content-type': 'application/problem+json' },
  json: {
    type: 'about:blank',
    title: reasonOf(failure.status),
    status: failure.status,
    detail: failure.message,
    instance: exchange.path,
    ...(failure.details.length > 0 ? { errors: failure.details } : {}),
  },
});

/** `{ error: { code, message } }` (healthpay). */
export const envelopeFailure: FailureForm = (failure) => ({
  status: failure.status,
  json: {
    error: { code: failure.code, message: failure.message, ...(failure.details.length > 0 ? { details: failure.details } : {}) },
  },
});

/** `{ error }` (freelance). */
export const plainFailure: FailureForm = (failure) => ({
  status: failure.status,
  json: { error: failure.message, ...(failure.details.length > 0 ? { details: failure.details } : {}) },
});
