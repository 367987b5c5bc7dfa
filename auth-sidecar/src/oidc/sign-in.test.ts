/** Signing in, as browsers and apps do. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { RunningProvider } from '../provider/index.js';
import { approve, FRONTEND, HOST, SidecarWorld, provider as startTestProvider } from '../testing/world.js';

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

const MINA = '8f14e45f-ceea-467f-9575-1f0a5b1c0001';

describe('an app', () => {
  test('gets tokens in the body, and no cookie but that of the sign-in', async () => {
    const tokens = await world.signInApp();
    expect(tokens).toEqual({
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresIn: expect.any(Number),
      tokenType: 'Bearer',
    });
    expect(decodeJwt(tokens.accessToken)).toMatchObject({ sub: MINA, typ: 'Bearer', sid: expect.any(String) });
  });
});

describe('a browser', () => {
  test('gets cookies and goes back to the frontend, with no token in the body', async () => {
    const { browser, page } = await world.signIn();
    expect(page.status).toBe(303);
    expect(page.headers.location).toBe(FRONTEND);
    expect(page.text).not.toMatch(/ey[A-Za-z0-9_-]{10}/);
    const lines = page.headers['set-cookie']!;
    for (const line of lines) expect(line).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=(Strict|Lax)$/);
    expect(lines.map((line) => line.split('=')[0]!.replace(/(login)-.*/, '$1'))).toEqual([
      '__Host-login',
      '__Host-access_token',
      '__Host-refresh_token',
    ]);
    expect(browser.cookie('interview.localhost', '__Host-access_token')).toMatch(/^ey/);
    expect(page.headers['cache-control']).toBe('no-store');
  });

  test('goes back to the address of the list that it asked for', async () => {
    const deep = `${FRONTEND}/deep?x=1`;
    await using other = await SidecarWorld.start(provider, { variables: { INTERVIEW_AUTH_REDIRECT_URIS: `${FRONTEND},${deep}` } });
    const browser = other.browser();
    const { authUrl } = await other.begin(browser, { redirectUri: deep });
    const callback = await approve(browser, authUrl);
    const page = await browser.visit(callback.href, { until: ({ origin }) => origin === FRONTEND });
    expect(page.headers.location).toBe(deep);
  });

  test('several tabs may sign in at once', async () => {
    const browser = world.browser();
    const first = await world.begin(browser);
    const second = await world.begin(browser);
    const until = ({ origin }: URL): boolean => origin === FRONTEND;
    const one = await browser.visit((await approve(browser, second.authUrl)).href, { until });
    const two = await browser.visit((await approve(browser, first.authUrl)).href, { until });
    expect([one.status, two.status]).toEqual([303, 303]);
  });

  test('a person who says no comes back with the reason', async () => {
    const browser = world.browser();
    const { state } = await world.begin(browser);
    const query = new URLSearchParams({ error: 'access_denied', state, iss: provider.issuer });
    const page = await browser.visit(`${HOST}/auth/callback?${query}`, { until: ({ origin }) => origin === FRONTEND });
    expect(page.headers.location).toBe(`${FRONTEND}/?error=access_denied`);
  });

  test('any replica finishes what another began', async () => {
    await using other = await SidecarWorld.start(provider);
    const begun = await world.ask('/auth/login', { method: 'POST' });
    const callback = await approve(world.browser(), (begun.json as { authUrl: string }).authUrl);
    const answer = await other.ask(callback.pathname + callback.search);
    expect(answer.status).toBe(200);
  });

  test('secrets rotate: what was begun with the old one is finished with both', async () => {
    const old = 'an-old-secret-that-is-long-enough-for-all';
    await using before = await SidecarWorld.start(provider, { variables: { AUTH_SIDECAR_SECRETS: old } });
    await using after = await SidecarWorld.start(provider, { variables: { AUTH_SIDECAR_SECRETS: `${'n'.repeat(32)},${old}` } });
    const begun = await before.ask('/auth/login', { method: 'POST' });
    const callback = await approve(world.browser(), (begun.json as { authUrl: string }).authUrl);
    expect((await after.ask(callback.pathname + callback.search)).status).toBe(200);
  });
});

describe('the authorization request', () => {
  test('has PKCE S256, a nonce, and names the callback', async () => {
    const begun = await world.ask('/auth/login', { method: 'POST', json: {} });
    const { authUrl, state } = begun.json as { authUrl: string; state: string };
    const url = new URL(authUrl);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      client_id: 'ai-video-interview-app',
      redirect_uri: `${HOST}/auth/callback`,
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{22}$/),
      scope: 'openid profile email',
      state,
    });
  });

  test('a browser’s state does not hold what proves the right to the code', async () => {
    const asApp = await world.ask('/auth/login', { method: 'POST' });
    const asBrowser = await world.begin(world.browser());
    expect((asApp.json as { state: string }).state.length).toBeGreaterThan(asBrowser.state.length + 60);
  });
});

test('a sign-in is told, with who it was', async () => {
  const before = world.told('user.authenticated').length;
  const { accessToken } = await world.signInApp('david.stone');
  const [told] = world.told('user.authenticated').slice(before);
  expect(told).toEqual({
    eventId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    eventType: 'user.authenticated',
    timestamp: expect.stringMatching(/^20\d\d-.*Z$/),
    userId: '8f14e45f-ceea-467f-9575-1f0a5b1c0002',
    data: {
      email: 'david.stone@interview.example',
      sessionId: decodeJwt(accessToken)['sid'],
      authMethod: 'oauth2',
      firstName: 'David',
      lastName: 'Stone',
    },
  });
  const event = world.events.at(-1)!;
  expect(event).toMatchObject({ topic: 'auth-events', key: told!['userId'], id: told!['eventId'], type: 'user.authenticated' });
});

describe('a provider that is away when the browser comes back', () => {
  test.each([
    ['answers 503', 503],
    ['cuts the connection', 0],
  ])('(%s) is 503 with Retry-After; loading the page again finishes the sign-in', async (_how, fault) => {
    const browser = world.browser();
    const { authUrl } = await world.begin(browser);
    const callback = await approve(browser, authUrl);
    provider.behaviour.fault = fault;
    const away = await browser.visit(callback.href);
    provider.behaviour.fault = undefined;
    expect([away.status, away.headers['retry-after']]).toEqual([503, '5']);
    expect((await browser.visit(callback.href, { until: ({ origin }) => origin === FRONTEND })).status).toBe(303);
  });
});

describe('clocks that differ', () => {
  test('by a few seconds do no harm; a token ends when it ends', async () => {
    let skew = 0;
    await using other = await SidecarWorld.start(provider, { skew: () => skew });
    const ask = (token: string) => other.ask('/auth/sessions', { headers: { authorization: `Bearer ${token}` } });
    for (skew of [-4000, 4000]) {
      const { accessToken } = await other.signInApp();
      expect((await ask(accessToken)).status).toBe(200);
    }
    skew = 0;
    const { accessToken, expiresIn } = await other.signInApp();
    skew = (expiresIn + 3) * 1000;
    expect((await ask(accessToken)).status).toBe(200);
    skew = (expiresIn + 7) * 1000;
    const late = await ask(accessToken);
    expect([late.status, late.json]).toMatchObject([401, { message: 'Token expired' }]);
    expect(late.headers['www-authenticate']).toContain('error="invalid_token"');
  });
});

test('HEAD of the callback spends nothing', async () => {
  const begun = await world.ask('/auth/login', { method: 'POST' });
  const callback = await approve(world.browser(), (begun.json as { authUrl: string }).authUrl);
  const path = callback.pathname + callback.search;
  expect((await world.ask(path, { method: 'HEAD' })).status).toBe(204);
  expect((await world.ask(path)).status).toBe(200);
});

test('who signs out and in again at once is in: the provider gives the same session, the gateways take its new token', async () => {
  const browser = world.browser();
  await world.signIn(browser);
  const before = decodeJwt(browser.cookie('interview.localhost', '__Host-access_token')!);
  await browser.visit(`${HOST}/auth/logout`, { method: 'POST', headers: { origin: FRONTEND } });
  const { page } = await world.signIn(browser);
  expect(page.headers.location).toBe(FRONTEND);
  const after = decodeJwt(browser.cookie('interview.localhost', '__Host-access_token')!);
  expect(after['sid']).toBe(before['sid']);
  const [ended] = world.revocations.filter(({ id }) => id === after['sid']);
  expect(after.iat! * 1000).toBeGreaterThan(ended!.since);
  expect((await browser.visit(`${HOST}/auth/sessions`)).status).toBe(200);
});
