/** Turns whatever was thrown into an answer in the form of the system that the path belongs to. */
import { codeForStatus, type Deny, deny, errorStyle, renderDenial } from '@gatehouse/policy';
import type { NextFunction, Request, Response } from 'express';
import type { Dependencies } from '../dependencies.js';
import { HttpFault, isAway } from './fault.js';
import { traceId } from './trace.js';

const GONGBU = /^\/auth\/(telegram|api-keys)(\/|$)/;

/** Whose form a path's errors have. */
export const systemOf = (path: string): string => (GONGBU.test(path) ? 'gongbu' : 'interview');

/** The path as the client sent it, without its query, which may carry a code. */
export const pathOf = (request: Request): string => request.originalUrl.split('?', 1)[0]!;

/** Errors of express and its body parsers say what is the client's fault by `status` and `expose`. */
function clientFault(error: unknown): Deny | null {
  const { status, expose } = (error ?? {}) as { status?: unknown; expose?: unknown };
  if (typeof status !== 'number' || status < 400 || status > 499 || expose === false) return null;
  return deny(codeForStatus(status), { status });
}

function denialOf(error: unknown): Deny {
  if (error instanceof HttpFault) return error.denial;
  if (isAway(error)) return deny('service_unavailable', { retryAfter: 1 });
  return clientFault(error) ?? deny('internal');
}

/** A request's id for error bodies: the gateway's, which has checked it. */
const requestIdOf = (request: Request): string => (request.get('x-request-id') ?? '').slice(0, 128);

/** Answers with a denial. */
export function sendDenial(deps: Pick<Dependencies, 'now'>, request: Request, response: Response, denial: Deny): void {
  const path = pathOf(request);
  const rendered = renderDenial(
    denial,
    errorStyle(systemOf(path)),
    { path, traceId: traceId(), requestId: requestIdOf(request) },
    deps.now(),
  );
  response.status(rendered.status).set('Cache-Control', 'no-store');
  for (const [name, value] of rendered.headers) response.set(name, value);
  response.send(rendered.body);
}

/** Express's error handler. What is nobody's fault is logged with its stack, and never shown. */
export function errorHandler(deps: Pick<Dependencies, 'now' | 'log'>) {
  return (error: unknown, request: Request, response: Response, next: NextFunction): void => {
    const denial = denialOf(error);
    const why = error instanceof HttpFault ? error.why : String((error as Error | null)?.message ?? error);
    const fields = { method: request.method, path: pathOf(request), reason: denial.code, why };
    if (denial.code === 'internal') deps.log('error', 'a request failed', { ...fields, stack: (error as Error | null)?.stack });
    else deps.log(denial.code === 'service_unavailable' ? 'warn' : 'info', 'a request was refused', fields);
    if (response.headersSent) return next(error);
    sendDenial(deps, request, response, denial);
  };
}
