import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { faultPage, loginPage } from './pages.js';
import type { Realm, RealmUser } from './realm.js';
import type { Page } from './style.js';

const MAX_FORM_BYTES = 8 * 1024;
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A form that is refused, with the status of the answer. */
class FormError extends Error {
  readonly code = 'LOGIN_FORM';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Shows the log-in form (GET) and takes it (POST): `/interaction/:uid` below the issuer.
 * The interaction's cookie, bound to that path, says which log-in it is; a form from another site is refused.
 */
export async function answerLogin(provider: Provider, realm: Realm, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const interaction = await provider.interactionDetails(request, response);
    if (request.method === 'GET') return send(response, 200, loginPage(realm, { action: actionOf(request), username: '', failed: false }));
    if (request.method !== 'POST') throw new FormError(405, 'A log-in is a GET or a POST.');
    refuseForeign(provider.issuer, request);
    const form = await readForm(request);
    const [username, password] = [form.get('username') ?? '', form.get('password') ?? ''];
    const user = findUser(realm, username, password);
    if (user === undefined) return send(response, 200, loginPage(realm, { action: actionOf(request), username, failed: true }));
    if (interaction.prompt.name !== 'login') throw new FormError(400, 'Nothing is to be signed in to.');
    await provider.interactionFinished(request, response, { login: { accountId: user.id, amr: ['pwd'] } });
  } catch (error) {
    const status = error instanceof FormError ? error.status : 400;
    const text = error instanceof FormError ? error.message : 'This log-in has ended or belongs to another browser.';
    send(response, status, faultPage(realm, 'invalid_request', text));
  }
}

const actionOf = (request: IncomingMessage): string => (request as { originalUrl?: string }).originalUrl ?? '';

function refuseForeign(issuer: string, { headers }: IncomingMessage): void {
  const { origin, 'sec-fetch-site': site } = headers;
  const foreign = origin !== undefined && origin !== 'null' && origin !== new URL(issuer).origin;
  // A page with `no-referrer` sends "null" for its own forms: then the browser's own word counts.
  if (foreign || site === 'cross-site') throw new FormError(403, 'This form came from another site.');
}

/** The user of a name or an email, when the password is right. */
function findUser({ users }: Realm, name: string, password: string): RealmUser | undefined {
  const wanted = name.trim().toLowerCase();
  const user = users.find(({ username, email }) => username.toLowerCase() === wanted || email.toLowerCase() === wanted);
  const right = timingSafeEqual(digest(password), digest(user?.password ?? ''));
  return right && user !== undefined ? user : undefined;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) throw new FormError(415, 'This is no form.');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_FORM_BYTES) throw new FormError(413, 'This form is too large.');
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

function send(response: ServerResponse, status: number, { html, headers }: Page): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(html) }).end(html);
}
