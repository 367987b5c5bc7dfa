/** Counts and times requests by route; writes a line for each. */
import type { NextFunction, Request, Response } from 'express';
import type { Dependencies } from '../dependencies.js';
import { pathOf } from './error-handler.js';
import { traceId } from './trace.js';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is asked all day by those who watch. */
const QUIET: ReadonlySet<string> = new Set(['/status', '/health', '/metrics']);

/** The route's pattern, never the path: labels are bounded. */
function routeOf(request: Request): string {
  const path: unknown = (request.route as { path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? path : 'none';
}

/** Middleware before all routes. */
export function measured(deps: Pick<Dependencies, 'metrics' | 'monotonic' | 'log'>) {
  const durations = deps.metrics.histogram({
    name: 'auth_http_request_duration_seconds',
    help: 'Requests by route',
    labels: ['method', 'route', 'status'],
    buckets: SECONDS,
  });
  return (request: Request, response: Response, next: NextFunction): void => {
    const start = deps.monotonic();
    const trace = traceId();
    response.once('close', () => {
      const ms = deps.monotonic() - start;
      const [url, route] = [pathOf(request), routeOf(request)];
      const status = response.writableFinished ? String(response.statusCode) : 'aborted';
      durations.observe([request.method, route, status], ms / 1000);
      const fields = { method: request.method, url, route, statusCode: response.statusCode, duration: Math.round(ms * 10) / 10 };
      const level = QUIET.has(url) ? 'debug' : 'info';
      deps.log(level, `HTTP: ${request.method} ${url} ${status}`, { ...fields, traceId: trace, requestId: request.get('x-request-id') });
    });
    next();
  };
}
