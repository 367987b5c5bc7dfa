/** The express application: limits, routers, errors. */
import express, { type Express, type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import type { Dependencies } from './dependencies.js';
import { errorHandler } from './http/error-handler.js';
import { HttpFault } from './http/fault.js';
import { limits, noStore } from './http/limits.js';
import { measured } from './http/measure.js';
import { traced } from './http/trace.js';

/** What the application serves. */
export interface AppParts {
  /** Asked in this order; a path belongs to the first that has it. */
  readonly routers: readonly Router[];
  /** Prometheus text of all metrics. */
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
}

/** Answers an API never needs more; routers with pages set their own policy. */
const guard = helmet({
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"] } },
  referrerPolicy: { policy: 'no-referrer' },
  xFrameOptions: { action: 'deny' },
  // The gateway says so over TLS; here it would reach plain requests as well.
  strictTransportSecurity: false,
});

const notFound: RequestHandler = (_request, _response, next) => next(new HttpFault('not_found'));

/** The application over its parts. It listens nowhere. */
export function createApp(deps: Dependencies, parts: AppParts): Express {
  const app = express();
  app.enable('case sensitive routing');
  app.set('etag', false);
  // Flat and bounded: no parameter here has parts.
  app.set('query parser', 'simple');
  app.use(traced(deps.tracing), measured(deps), guard, limits, noStore);
  app.get('/metrics', async (_request, response) => {
    const { type, text } = await parts.metrics();
    response.set('Content-Type', type).send(text);
  });
  for (const router of parts.routers) app.use(router);
  app.use(notFound, errorHandler(deps));
  return app;
}
