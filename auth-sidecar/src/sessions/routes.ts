/** /auth/sessions: where somebody is signed in, and the end of it. */
import type { Request, Response } from 'express';
import { HttpFault } from '../http/fault.js';
import { clearTokenCookies } from '../oidc/answers.js';
import { authenticate } from '../oidc/authenticate.js';
import type { OidcParts } from '../oidc/parts.js';
import type { SessionRecord } from './session-store.js';

const ID_MAX = 320;

const shown = ({ id, device, since, lastSeen }: SessionRecord, current: string): object => ({
  id,
  device,
  since: new Date(since).toISOString(),
  lastSeen: new Date(lastSeen).toISOString(),
  current: id === current,
});

/** GET /auth/sessions: `{ sessions: [{ id, device, since, lastSeen, current }] }`, newest first. */
export function listSessions(parts: OidcParts) {
  return async (request: Request, response: Response): Promise<void> => {
    const { userId, sessionId } = await authenticate(request, parts.client, parts.sessions, parts.settings);
    const records = await parts.sessions.list(userId);
    response.json({ sessions: records.map((record) => shown(record, sessionId)) });
  };
}

/** DELETE /auth/sessions: signs out everywhere, here as well. */
export function endAllSessions(parts: OidcParts) {
  return async (request: Request, response: Response): Promise<void> => {
    const { userId, sessionId, issuedAt } = await authenticate(request, parts.client, parts.sessions, parts.settings);
    // The one that asks first: it may not be in the list.
    await parts.sessions.end(sessionId, userId, 'user_action', issuedAt);
    await parts.sessions.endAll(userId, 'user_action', issuedAt);
    clearTokenCookies(response, parts.settings);
    response.status(204).end();
  };
}

/** DELETE /auth/sessions/{id}: 204, or 404 for what is no session of the caller's, another's included. */
export function endSession(parts: OidcParts) {
  return async (request: Request, response: Response): Promise<void> => {
    const { userId, sessionId } = await authenticate(request, parts.client, parts.sessions, parts.settings);
    const id = String(request.params['id'] ?? '');
    const record = id.length > ID_MAX ? null : await parts.sessions.get(id);
    if (record?.userId !== userId) throw new HttpFault('not_found');
    await parts.sessions.end(id, userId, 'user_action');
    if (id === sessionId) clearTokenCookies(response, parts.settings);
    response.status(204).end();
  };
}
