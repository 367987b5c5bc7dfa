/** One span per request; what is asked of others on its behalf is a span below it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ActiveSpan, Tracing } from '@gatehouse/telemetry';
import type { NextFunction, Request, Response } from 'express';

const current = new AsyncLocalStorage<ActiveSpan>();

/** `traceparent` of the request that is handled; nothing outside of one. */
export const traceHeaders = (): Readonly<Record<string, string>> => current.getStore()?.headers ?? {};

/** The request's trace; null outside of one. */
export const traceId = (): string | null => current.getStore()?.traceId ?? null;

/** Middleware before all others. */
export function traced(tracing: Tracing) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const span = tracing.begin(`${request.method} auth-sidecar`, {
      headers: request.headers,
      attributes: { 'http.request.method': request.method },
    });
    response.once('close', () => {
      span.set({ 'http.response.status_code': response.statusCode });
      if (response.statusCode >= 500) span.fail(new Error(`answered ${response.statusCode}`));
      span.end();
    });
    current.run(span, next);
  };
}

/** A fetch that goes on with the trace of the request that is handled. */
export function tracedFetch(inner: typeof fetch): typeof fetch {
  return (input, init) => {
    const span = current.getStore();
    if (!span) return inner(input, init);
    const { origin } = new URL(typeof input === 'string' || input instanceof URL ? input : input.url);
    return span.run(`${init?.method ?? 'GET'} ${origin}`, (below) => inner(input, { ...init, headers: withTrace(init, below) }), {
      role: 'client',
    });
  };
}

function withTrace(init: RequestInit | undefined, span: ActiveSpan): Headers {
  const headers = new Headers(init?.headers);
  for (const [name, value] of Object.entries(span.headers)) headers.set(name, value);
  return headers;
}
