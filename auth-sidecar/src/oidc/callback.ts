/** GET /auth/callback: the provider's answer becomes a session. */
import type { Request, Response } from 'express';
import { cookieOf, loginCookieNames, setCookies } from '../http/cookies.js';
import { badRequest, isAway } from '../http/fault.js';
import { deviceOf } from '../sessions/device.js';
import type { SessionRecord } from '../sessions/session-store.js';
import { SessionEndedError, sessionIdOf } from '../sessions/sessions.js';
import { loginSameSite, tokenCookies, wantsPage } from './answers.js';
import { RefusedError, UntrustedError } from './client.js';
import { newOwner, type OidcParts } from './parts.js';
import type { Person, TokenSet } from './tokens.js';
import { cookieName, type Transaction } from './transactions.js';

/** Characters of one parameter that are looked at. */
const PARAMETER_MAX = 4096;
/** How long a sign-in that was finished is remembered, beyond the time it may take. */
const REMEMBER_MS = 60_000;
/** Longest wait for a second to end: clocks differ a little. */
const LATER_MAX_MS = 2000;
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
    if (isAway(error)) await replay.release(key, owner);
    throw error;
  }
}

/** What a sign-in came to. */
interface SignedIn {
  readonly tokens: TokenSet;
  readonly record: SessionRecord;
}

/** Makes a session of tokens, tells of it. */
async function signIn(tokens: TokenSet, request: Request, page: boolean, parts: OidcParts): Promise<SignedIn> {
  const sessionId = sessionIdOf(tokens.sessionId, tokens.person.userId);
  try {
    if (page) tokenCookies(tokens, parts.settings);
    const person = { ...tokens.person, email: tokens.person.email ?? (await parts.client.emailOf(tokens)) };
    const signedIn = await opened(tokens, person, deviceOf(request.get('user-agent')), parts);
    const { id, userId, since } = signedIn.record;
    await parts.refresher.issued(signedIn.tokens.refreshToken, { session: id, userId, since });
    parts.events.authenticated(signedIn.record, id, 'oauth2');
    return signedIn;
  } catch (error) {
    // Tokens that nobody gets must not live on at the provider.
    if (tokens.refreshToken !== null) parts.sessions.endAtProvider(sessionId, tokens.refreshToken);
    if (error instanceof SessionEndedError) throw new RefusedError('login_required');
    throw error;
  }
}

/**
 * Opens the session. Who signs out and comes back within the same second gets, from a provider that still knows the browser, a token of
 * that session and second, which the gateways refuse: it is exchanged for one of the next second.
 */
async function opened(tokens: TokenSet, person: Person, device: string, parts: OidcParts): Promise<SignedIn> {
  const { sessions, client, effects } = parts;
  try {
    return { tokens, record: await sessions.open(tokens, person, device) };
  } catch (error) {
    if (!(error instanceof SessionEndedError) || tokens.refreshToken === null) throw error;
    const wait = Math.floor(error.at / 1000 + 1) * 1000 - effects.now();
    if (wait > LATER_MAX_MS) throw error;
    await new Promise<void>((resolve) => void effects.after(Math.max(0, wait), resolve));
    const later = await client.refresh(tokens.refreshToken);
    return { tokens: later, record: await sessions.open(later, person, device) };
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
    const forget = (): void =>
      setCookies(response, [{ name: cookieName(transaction.id), value: '', maxAge: 0, sameSite: loginSameSite(settings) }]);
    try {
      const tokens = await once(transaction, parts, async () => {
        const { tokens, record } = await signIn(await client.exchange(text, state, transaction), request, page, parts);
        effects.log('info', 'signed in', { userId: record.userId, device: record.device });
        return tokens;
      });
      forget();
      answer(response, transaction, tokens, page, parts);
      counter.add(['good']);
    } catch (error) {
      counter.add([error instanceof RefusedError ? 'refused' : 'failed']);
      // Where somebody was only away, the page may be loaded again: that needs the cookie.
      if (!isAway(error)) forget();
      if (error instanceof UntrustedError) throw badRequest(AGAIN, error.message);
      if (!(error instanceof RefusedError)) throw error;
      effects.log('info', 'a sign-in was refused', { reason: error.reason });
      if (!page || error.reason === 'invalid_grant')
        throw badRequest(error.reason === 'invalid_grant' ? AGAIN : `Sign-in refused: ${error.reason}`);
      returnWithError(response, transaction, error.reason);
    }
  };
}
