/** What is tried against a sign-in, as data: each changes one thing of a good request. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import type { RunningProvider } from '../provider/index.js';
import { approve, FRONTEND, SidecarWorld, provider as startTestProvider } from '../testing/world.js';

let provider: RunningProvider;
let world: SidecarWorld;
beforeAll(async () => {
  provider = await startTestProvider();
  world = await SidecarWorld.start(provider);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await provider.close();
});

const AGAIN = { statusCode: 400, message: 'This sign-in can not be finished: begin again', error: 'Bad Request', path: '/auth/callback' };

describe('an address to return to', () => {
  const evil: readonly (readonly [string, unknown])[] = [
    ['another site', 'https://evil.example'],
    ['a longer name', `${FRONTEND}.evil.example`],
    ['another user', `https://app.interview.localhost@evil.example`],
    ['another path', `${FRONTEND}/other`],
    ['a slash more', `${FRONTEND}/`],
    ['a query more', `${FRONTEND}?next=https://evil.example`],
    ['a fragment', `${FRONTEND}#x`],
    ['no scheme', '//evil.example'],
    ['backslashes', 'https:\\\\evil.example'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['another scheme', 'http://app.interview.localhost'],
    ['another port', `${FRONTEND}:444`],
    ['other case', FRONTEND.toUpperCase()],
    ['blanks around', ` ${FRONTEND} `],
    ['a line break', `${FRONTEND}\r\nSet-Cookie: a=b`],
    ['a list', [FRONTEND]],
    ['an object', { toString: FRONTEND }],
    ['nothing', null],
    ['an empty text', ''],
    ['a long one', `${FRONTEND}/${'a'.repeat(5000)}`],
  ];
  test.each(evil)('%s is refused', async (_name, redirectUri) => {
    const answer = await world.ask('/auth/login', { json: { redirectUri } });
    expect(answer.status).toBe(400);
    expect(answer.headers.location).toBeUndefined();
    expect(answer.json).toMatchObject({ statusCode: 400, path: '/auth/login' });
  });

  test('the rule holds for whatever text', async () => {
    const { redirectUris } = world.settings.oidc;
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.webUrl(), fc.string(), fc.string({ unit: 'binary' })), async (redirectUri) => {
        fc.pre(!redirectUris.includes(redirectUri));
        const answer = await world.ask('/auth/login', { json: { redirectUri } });
        expect(answer.status).toBe(400);
      }),
      { numRuns: 60 },
    );
  });
});

/** A good callback of a browser, ready to be changed. */
async function goodCallback() {
  const browser = world.browser();
  const { authUrl, state } = await world.begin(browser);
  return { browser, state, callback: await approve(browser, authUrl) };
}

const at = (callback: URL, change: (query: URLSearchParams) => void): string => {
  const url = new URL(callback);
  change(url.searchParams);
  return url.href;
};
const noFollow = { until: ({ origin }: URL): boolean => origin === FRONTEND };

describe('a callback of a browser', () => {
  const changed: readonly (readonly [string, (query: URLSearchParams) => void])[] = [
    ['without state', (query) => query.delete('state')],
    ['without code', (query) => query.delete('code')],
    ['without iss', (query) => query.delete('iss')],
    ['with another issuer', (query) => query.set('iss', 'https://evil.example/realms/ai-video-interview')],
    ['with another code', (query) => query.set('code', 'made-up')],
    ['with a state cut short', (query) => query.set('state', query.get('state')!.slice(0, -2))],
    ['with a state of nobody', (query) => query.set('state', 'made-up')],
    ['with two states', (query) => query.append('state', query.get('state')!)],
    ['with two codes', (query) => query.append('code', 'other')],
    ['with a code beyond all bounds', (query) => query.set('code', 'c'.repeat(5000))],
  ];
  test.each(changed)('%s gets nothing', async (_name, change) => {
    const { browser, callback } = await goodCallback();
    const page = await browser.visit(at(callback, change), noFollow);
    expect(page.status).toBe(400);
    expect(page.json).toMatchObject(AGAIN);
    expect(browser.cookie('interview.localhost', '__Host-access_token')).toBeUndefined();
  });

  test('with the state of another sign-in of its own gets nothing: the nonce and the verifier are others', async () => {
    const { browser, callback } = await goodCallback();
    const other = await world.begin(browser);
    const page = await browser.visit(
      at(callback, (query) => query.set('state', other.state)),
      noFollow,
    );
    expect(page.json).toMatchObject(AGAIN);
  });

  test('in another browser gets nothing, whether that has begun a sign-in or not', async () => {
    const { callback } = await goodCallback();
    const fresh = world.browser();
    expect((await fresh.visit(callback.href, noFollow)).json).toMatchObject(AGAIN);
    const busy = world.browser();
    await world.begin(busy);
    expect((await busy.visit(callback.href, noFollow)).json).toMatchObject(AGAIN);
    const asApp = await world.ask(callback.pathname + callback.search);
    expect(asApp.json).toMatchObject(AGAIN);
  });

  test('that an app began gives a browser no cookies: nobody is signed in as somebody else', async () => {
    const begun = await world.ask('/auth/login', { method: 'POST' });
    const callback = await approve(world.browser(), (begun.json as { authUrl: string }).authUrl);
    const victim = world.browser();
    const page = await victim.visit(callback.href, noFollow);
    expect(page.json).toMatchObject(AGAIN);
    expect(victim.cookie('interview.localhost', '__Host-access_token')).toBeUndefined();
    const scripted = world.browser({ accept: 'application/json' });
    await world.begin(scripted);
    expect((await scripted.visit(callback.href)).json).toMatchObject(AGAIN);
  });

  test('is good once', async () => {
    const { browser, callback } = await goodCallback();
    expect((await browser.visit(callback.href, noFollow)).status).toBe(303);
    expect((await browser.visit(callback.href, noFollow)).json).toMatchObject(AGAIN);
  });

  test('of an app is good once', async () => {
    const begun = await world.ask('/auth/login', { method: 'POST' });
    const callback = await approve(world.browser(), (begun.json as { authUrl: string }).authUrl);
    const path = callback.pathname + callback.search;
    const answers = await Promise.all([world.ask(path), world.ask(path), world.ask(path)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    expect((await world.ask(path)).json).toMatchObject(AGAIN);
  });

  test('with a state signed by somebody else, or sealed for another purpose, gets nothing', async () => {
    const { browser, callback } = await goodCallback();
    const signed = await new SignJWT({ i: 'x', r: FRONTEND, b: 'app', e: 9e15, v: 'v', n: 'n' })
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode('a-secret-of-tests-that-is-long-enough-for-all'));
    expect(
      (
        await browser.visit(
          at(callback, (query) => query.set('state', signed)),
          noFollow,
        )
      ).json,
    ).toMatchObject(AGAIN);
  });

  test('after the time that a sign-in may take gets nothing', async () => {
    let late = 0;
    await using slow = await SidecarWorld.start(provider, { skew: () => late });
    const begun = await slow.ask('/auth/login', { method: 'POST' });
    const callback = await approve(slow.browser(), (begun.json as { authUrl: string }).authUrl);
    late = 600_000;
    expect((await slow.ask(callback.pathname + callback.search)).json).toMatchObject(AGAIN);
  });
});

describe('a sign-in of another site', () => {
  test.each([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: `${FRONTEND}.evil.example` }],
    [{ origin: FRONTEND, 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'cross-site' }],
  ])('%j is refused', async (headers) => {
    const answer = await world.ask('/auth/login', { method: 'POST', headers: headers as Record<string, string> });
    expect(answer.status).toBe(403);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test('a form is no JSON', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await world.ask('/auth/login', { body: 'redirectUri=x', headers })).status).toBe(415);
  });
});

describe('what is too much', () => {
  test.each<[string, string, Parameters<SidecarWorld['ask']>[1], number]>([
    ['a body', '/auth/login', { json: { redirectUri: 'a'.repeat(20_000) } }, 413],
    ['cookies', '/auth/login', { method: 'POST', headers: { cookie: `a=${'b'.repeat(9000)}` } }, 431],
    ['an address', `/auth/callback?code=${'c'.repeat(9000)}`, {}, 414],
    ['a head', '/auth/login', { method: 'POST', headers: { 'x-long': 'b'.repeat(40_000) } }, 431],
    ['a packed body', '/auth/login', { body: 'x', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }, 415],
    ['a refresh token', '/auth/refresh', { json: { refreshToken: 'a'.repeat(9000) } }, 400],
    [
      'a logout token',
      '/auth/backchannel-logout',
      { body: `logout_token=${'a'.repeat(9000)}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      400,
    ],
  ])('%s: %s', async (_name, path, options, status) => {
    expect((await world.ask(path, options)).status).toBe(status);
  });

  test('many sign-ins that were begun do not fill the browser', async () => {
    const browser = world.browser();
    for (let i = 0; i < 12; i++) await world.begin(browser);
    const { page } = await world.signIn(browser);
    expect(page.status).toBe(303);
  });

  test('tokens that do not fit into cookies are refused, and do not live on', async () => {
    const { browser, callback } = await goodCallback();
    const { client } = world.sidecar.oidc;
    const { exchange } = client;
    client.exchange = async (...args) => ({ ...(await exchange.apply(client, args)), accessToken: `e.${'x'.repeat(4100)}.s` });
    const revoked = provider.behaviour.count('revocation');
    const page = await browser.visit(callback.href, noFollow);
    client.exchange = exchange;
    expect(page.status).toBe(500);
    expect(page.json).toMatchObject({ message: 'The tokens are too large for cookies' });
    expect(page.headers['set-cookie']!.every((line) => /Max-Age=0/.test(line))).toBe(true);
    await world.sidecar.oidc.ends.settled();
    expect(provider.behaviour.count('revocation')).toBe(revoked + 1);
  });
});

test('no path falls over whatever comes', async () => {
  const paths = [
    '/auth/login',
    '/auth/callback',
    '/auth/refresh',
    '/auth/logout',
    '/auth/backchannel-logout',
    '/auth/sessions',
    '/auth/sessions/x',
  ];
  const types = ['application/json', 'application/x-www-form-urlencoded', 'text/plain', ''];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH'),
      fc.constantFrom(...types),
      fc.oneof(fc.string({ unit: 'binary' }), fc.json()),
      fc.webQueryParameters(),
      async (path, method, type, body, query) => {
        const answer = await world.ask(`${path}?${query}`, { method, body, headers: type === '' ? {} : { 'content-type': type } });
        expect(answer.status).toBeLessThan(500);
        // A sign-in needs nothing.
        if (answer.status === 200) return expect(path).toBe('/auth/login');
        expect(answer.json).toMatchObject({ statusCode: answer.status, message: expect.any(String) });
        expect(answer.text).not.toMatch(/\bat \w+ \(|node_modules|127\.0\.0\.1/);
      },
    ),
    {
      numRuns: 150,
      examples: [
        ['/auth/callback', 'GET', '', '', 'state=%ff%fe&code=%00'],
        ['/auth/login', 'POST', 'application/json', '{"redirectUri":"a","redirectUri":"b"}', ''],
        ['/auth/login', 'POST', 'application/json', '{"__proto__":{"redirectUri":"x"}, "redirectUri": 1}', ''],
      ],
    },
  );
});
