/** The paths of the interview system that the sidecar answers. */
import express, { type Request, type RequestHandler, type Response, Router } from 'express';
import { HttpFault } from '../http/fault.js';
import { jsonBytes } from '../http/json-body.js';
import { BODY_MAX } from '../http/limits.js';
import { endAllSessions, endSession, listSessions } from '../sessions/routes.js';
import { backchannelHandler } from './backchannel.js';
import { callbackHandler } from './callback.js';
import { loginHandler } from './login.js';
import { logoutHandler } from './logout.js';
import type { OidcParts } from './parts.js';
import { refreshHandler } from './refresh.js';

const form = express.urlencoded({ limit: BODY_MAX, extended: false, parameterLimit: 20, inflate: false });

/** Whatever method a path does not have is 405. */
const only =
  (allow: string): RequestHandler =>
  () => {
    throw new HttpFault('method_not_allowed', { headers: [['Allow', allow]] });
  };

/** HEAD of the callback does nothing: what looks at links before people do must not spend their codes. */
const nothing = (_request: Request, response: Response): void => void response.status(204).end();

/** A router over the parts. */
export function oidcRoutes(parts: OidcParts): Router {
  const router = Router({ caseSensitive: true });
  const json = jsonBytes(BODY_MAX);
  router.route('/auth/login').post(json, loginHandler(parts)).all(only('POST'));
  router.route('/auth/callback').head(nothing).get(callbackHandler(parts)).all(only('GET, HEAD'));
  router.route('/auth/refresh').post(json, refreshHandler(parts)).all(only('POST'));
  router.route('/auth/logout').post(json, logoutHandler(parts)).all(only('POST'));
  router.route('/auth/backchannel-logout').post(form, backchannelHandler(parts)).all(only('POST'));
  router.route('/auth/sessions').get(listSessions(parts)).delete(endAllSessions(parts)).all(only('GET, HEAD, DELETE'));
  router.route('/auth/sessions/:id').delete(endSession(parts)).all(only('DELETE'));
  return router;
}
