/** GET /auth/callback: the provider's answer becomes a session. */
import type { Request, Response } from 'express';
import { cookieOf, loginCookieNames, setCookies } from '../http/cookies.js';
import { badRequest, HttpFault } from '../http/fault.js';
import { deviceOf } from '../sessions/device.js';
import type { SessionRecord } from '../sessions/session-store.js';
import { SessionEndedError, sessionIdOf } from '../sessions/sessions.js';
import { loginSameSite, tokenCookies, wantsPage } from './answers.js';
import { RefusedError, UntrustedError } from './client.js';
import { newOwner, type OidcParts } from './parts.js';
import type { TokenSet } from './tokens.js';
import { cookieName, type Transaction } from './transactions.js';

/** Characters of one parameter that are looked at. */
const PARAMETER_MAX = 4096;
/** How long a sign-in that was finished is remembered, beyond the time it may take. */
const REMEMBER_MS = 60_000;
/** What every fault of a callback says: which one it was is in the log. */
const AGAIN = 'This sign-in can not be finished: begin again';

const FAULTS = {
  forged: 'the state is none of ours',
  expired: 'the sign-in took too long',
  unbound: 'the sign-in was begun elsewhere',
} as const;

/** The query as it came; parameters twice or too long fit no provider. */
function queryOf(request: Request): { text: string; state: string } {
  const at = request.originalUrl.indexOf('?');
  const text = at < 0 ? '' : request.originalUrl.slice(at);
  const parameters = new URLSearchParams(text);
  const names = [...parameters.keys()];
  if (new Set(names).size !== names.length) throw badRequest(AGAIN, 'a parameter comes twice');
  for (const value of parameters.values()) if (value.length > PARAMETER_MAX) throw badRequest(AGAIN, 'a parameter is too long');
  const state = parameters.get('state');
  if (state === null || (!parameters.has('code') && !parameters.has('error')))
    throw badRequest(AGAIN, 'no state, or neither code nor error');
  return { text, state };
}

/** The sign-in that a request finishes. */
async function resume(request: Request, state: string, page: boolean, parts: OidcParts): Promise<Transaction> {
  const hasOthers = loginCookieNames(request).length > 0;
  const found = await parts.transactions.resume(state, (name) => cookieOf(request, name), hasOthers, page);
  if (typeof found === 'string') throw badRequest(AGAIN, FAULTS[found]);
  // The list may have changed since.
  if (!parts.settings.redirectUris.includes(found.returnTo)) throw badRequest(AGAIN, 'the address to return to is not allowed any more');
  return found;
}

/**
 * Runs what a sign-in may do once.
 * @throws HttpFault 400 when it was done before; 503 before anything was done while nobody can say
 */
async function once<T>({ id }: Transaction, parts: OidcParts, work: () => Promise<T>): Promise<T> {
  const { replay, settings } = parts;
  const key = `interview:login:${id}`;
  const owner = newOwner(parts);
  const ttl = settings.loginMs + REMEMBER_MS;
  if ((await replay.claim(key, owner, ttl)) !== 'new') throw badRequest(AGAIN, 'the sign-in was finished before');
  try {
    return await work();
  } catch (error) {
    // A provider that was away has not seen the code: the browser may load the page again.
    if (error instanceof HttpFault && error.reason === 'service_unavailable') await replay.release(key, owner);
    throw error;
  }
}

/** Makes a session of tokens, tells of it. */
async function signIn(tokens: TokenSet, request: Request, page: boolean, parts: OidcParts): Promise<SessionRecord> {
  const { client, sessions, refresher, events } = parts;
  const sessionId = sessionIdOf(tokens.sessionId, tokens.person.userId);
  const email = tokens.person.email ?? (await client.emailOf(tokens));
  try {
    if (page) tokenCookies(tokens, parts.settings);
    const record = await sessions.open(tokens, { ...tokens.person, email }, deviceOf(request.get('user-agent')));
    await refresher.issued(tokens.refreshToken, { session: record.id, userId: record.userId, since: record.since });
    events.authenticated(record, record.id, 'oauth2');
    return record;
  } catch (error) {
    // Tokens that nobody gets must not live on at the provider.
    if (tokens.refreshToken !== null) sessions.endAtProvider(sessionId, tokens.refreshToken);
    if (error instanceof SessionEndedError) throw new RefusedError('login_required');
    throw error;
  }
}

/** Sends the browser back with OAuth's word for what went wrong. */
function returnWithError(response: Response, { returnTo }: Transaction, reason: string): void {
  const url = new URL(returnTo);
  url.searchParams.set('error', reason);
  response.redirect(303, url.href);
}

function answer(response: Response, { returnTo }: Transaction, tokens: TokenSet, page: boolean, parts: OidcParts): void {
  const { accessToken, refreshToken, expiresIn } = tokens;
  if (!page) return void response.json({ accessToken, ...(refreshToken === null ? {} : { refreshToken }), expiresIn, tokenType: 'Bearer' });
  setCookies(response, tokenCookies(tokens, parts.settings));
  response.redirect(303, returnTo);
}

/** The handler. */
export function callbackHandler(parts: OidcParts) {
  const { client, settings, effects } = parts;
  const counter = effects.metrics.counter({ name: 'auth_sign_ins_total', help: 'Sign-ins by outcome', labels: ['result'] });
  return async (request: Request, response: Response): Promise<void> => {
    const page = wantsPage(request);
    const { text, state } = queryOf(request);
    const transaction = await resume(request, state, page, parts);
    setCookies(response, [{ name: cookieName(transaction.id), value: '', maxAge: 0, sameSite: loginSameSite(settings) }]);
    try {
      const tokens = await once(transaction, parts, async () => {
        const set = await client.exchange(text, state, transaction);
        const record = await signIn(set, request, page, parts);
        effects.log('info', 'signed in', { userId: record.userId, device: record.device });
        return set;
      });
      answer(response, transaction, tokens, page, parts);
      counter.add(['good']);
    } catch (error) {
      counter.add([error instanceof RefusedError ? 'refused' : 'failed']);
      if (error instanceof UntrustedError) throw badRequest(AGAIN, error.message);
      if (!(error instanceof RefusedError)) throw error;
      effects.log('info', 'a sign-in was refused', { reason: error.reason });
      if (!page || error.reason === 'invalid_grant')
        throw badRequest(error.reason === 'invalid_grant' ? AGAIN : `Sign-in refused: ${error.reason}`);
      returnWithError(response, transaction, error.reason);
    }
  };
}
