/** Sessions: listed, ended one by one and all at once, by their user, by the provider, by a rule. */
import { ManualClock } from '@gatehouse/policy/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { RunningProvider } from '../provider/index.js';
import { FRONTEND, HOST, SidecarWorld, provider as startTestProvider, type Tokens } from '../testing/world.js';
import { deviceOf } from './device.js';
import { MemorySessionStore } from './memory-session-store.js';
import { sessionStoreSuite } from './session-store.suite.js';

sessionStoreSuite('in process', async () => {
  const clock = new ManualClock();
  const store = new MemorySessionStore(() => clock.now());
  return { stores: [store, store], advance: (ms) => clock.advance(ms) };
});

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/19.0 Mobile/15E Safari/604.1',
    'Safari on iPhone',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 Edg/142.0',
    'Edge on Windows',
  ],
  ['Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36', 'Chrome on Android'],
  ['InterviewApp/2.1 (build 7)', 'InterviewApp/2.1'],
  ['<script>alert(1)</script>', 'unknown'],
  [undefined, 'unknown'],
])('%s is %s', (userAgent, device) => expect(deviceOf(userAgent)).toBe(device));

let provider: RunningProvider;
let world: SidecarWorld;
beforeAll(async () => {
  provider = await startTestProvider(() => `${world.url}/auth/backchannel-logout`);
  world = await SidecarWorld.start(provider);
});
beforeEach(() => {
  provider.behaviour.fault = undefined;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await provider.close();
});

const sid = ({ accessToken }: Tokens): string => String(decodeJwt(accessToken)['sid']);
const bearer = ({ accessToken }: Tokens) => ({ headers: { authorization: `Bearer ${accessToken}` } });
const sessionsOf = async (tokens: Tokens): Promise<{ id: string; current: boolean }[]> => {
  const answer = await world.ask('/auth/sessions', bearer(tokens));
  return (answer.json as { sessions: { id: string; current: boolean }[] }).sessions;
};
const toldOf = (session: string): unknown[] =>
  world
    .told('user.logged_out')
    .flatMap(({ data }) =>
      (data as { sessionId: string }).sessionId === session ? [(data as { logoutReason: string }).logoutReason] : [],
    );

describe('logout', () => {
  test('ends the session here, at the provider and at the gateways, and is told', async () => {
    const tokens = await world.signInApp();
    const revocations = provider.behaviour.count('revocation');
    const answer = await world.ask('/auth/logout', { method: 'POST', ...bearer(tokens) });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ message: 'Logged out successfully', endSessionUrl: expect.stringContaining(`${provider.issuer}/`) });
    const url = new URL((answer.json as { endSessionUrl: string }).endSessionUrl);
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(FRONTEND);
    expect(decodeJwt(url.searchParams.get('id_token_hint')!)).toMatchObject({ aud: 'ai-video-interview-app' });
    expect(world.revocations.at(-1)).toMatchObject({ system: 'interview', kind: 'session', id: sid(tokens) });
    expect(toldOf(sid(tokens))).toEqual(['user_action']);
    await world.sidecar.oidc.ends.settled();
    expect(provider.behaviour.count('revocation')).toBe(revocations + 1);
    expect((await world.refresh(tokens.refreshToken)).status).toBe(401);
    expect((await world.ask('/auth/logout', { method: 'POST', ...bearer(tokens) })).status).toBe(401);
    expect(toldOf(sid(tokens))).toEqual(['user_action']);
  });

  test('of a browser takes its cookies', async () => {
    const { browser } = await world.signIn();
    const page = await browser.visit(`${HOST}/auth/logout`, { method: 'POST', headers: { origin: FRONTEND, accept: 'application/json' } });
    expect(page.status).toBe(200);
    for (const name of ['__Host-access_token', '__Host-refresh_token']) expect(browser.cookie('interview.localhost', name)).toBeUndefined();
  });

  test.each<[Record<string, string>]>([[{}], [{ origin: 'https://evil.example' }], [{ origin: FRONTEND, 'sec-fetch-site': 'cross-site' }]])(
    'that another site has a browser send (%j) is refused',
    async (headers) => {
      const { browser } = await world.signIn();
      expect((await browser.visit(`${HOST}/auth/logout`, { method: 'POST', headers })).status).toBe(403);
      // The gateway hands the cookie's token on in the header.
      const authorization = `Bearer ${browser.cookie('interview.localhost', '__Host-access_token')}`;
      expect((await browser.visit(`${HOST}/auth/logout`, { method: 'POST', headers: { ...headers, authorization } })).status).toBe(403);
      expect(browser.cookie('interview.localhost', '__Host-access_token')).toBeDefined();
    },
  );

  test.each<[string, Record<string, string>]>([
    ['no token', {}],
    ['no bearer', { authorization: 'Basic abc' }],
    ['made up', { authorization: 'Bearer abc' }],
  ])('with a token that is %s is 401', async (_name, headers) => {
    expect((await world.ask('/auth/logout', { method: 'POST', headers })).status).toBe(401);
  });

  test('works while the provider is away, which is told later; what it still issues for the session is refused', async () => {
    const tokens = await world.signInApp();
    provider.behaviour.fault = 503;
    const answer = await world.ask('/auth/logout', { method: 'POST', ...bearer(tokens) });
    expect(answer.json).toMatchObject({ message: 'Logged out successfully' });
    await world.sidecar.oidc.ends.settled();
    expect(world.revocations.at(-1)).toMatchObject({ kind: 'session', id: sid(tokens), since: Number.MAX_SAFE_INTEGER });
    provider.behaviour.fault = undefined;
    expect((await world.refresh(tokens.refreshToken)).status).toBe(401);
  });
});

describe('GET /auth/sessions', () => {
  test('lists a user’s own, with the one that asks', async () => {
    const mine = await world.signInApp('ana.silva');
    const { browser } = await world.signIn(
      world.browser({ 'user-agent': 'Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/145.0' }),
      'ana.silva',
    );
    await world.signInApp('david.stone');
    const answer = await world.ask('/auth/sessions', bearer(mine));
    const time = expect.stringMatching(/^20\d\d-.*Z$/);
    expect(answer.json).toEqual({
      sessions: [
        { id: expect.any(String), device: 'Firefox on Linux', since: time, lastSeen: time, current: false },
        { id: sid(mine), device: 'InterviewApp/2.1', since: time, lastSeen: time, current: true },
      ],
    });
    const page = await browser.visit(`${HOST}/auth/sessions`, { headers: { accept: 'application/json' } });
    expect((page.json as { sessions: { current: boolean }[] }).sessions.map(({ current }) => current)).toEqual([true, false]);
  });
});

describe('DELETE /auth/sessions/{id}', () => {
  test('ends one of one’s own, and nobody else’s', async () => {
    const [one, two, other] = [await world.signInApp(), await world.signInApp(), await world.signInApp('david.stone')];
    const end = (tokens: Tokens, id: string) => world.ask(`/auth/sessions/${id}`, { method: 'DELETE', ...bearer(tokens) });
    expect((await end(one, sid(other))).status).toBe(404);
    expect((await end(one, 'unknown')).status).toBe(404);
    expect((await end(one, sid(two))).status).toBe(204);
    expect(toldOf(sid(two))).toEqual(['user_action']);
    expect((await world.ask('/auth/sessions', bearer(two))).status).toBe(401);
    expect((await sessionsOf(one)).some(({ id }) => id === sid(two))).toBe(false);
    expect((await sessionsOf(other)).some(({ id }) => id === sid(other))).toBe(true);
  });
});

describe('DELETE /auth/sessions', () => {
  test('signs out everywhere', async () => {
    const [one, two] = [await world.signInApp('ana.silva'), await world.signInApp('ana.silva')];
    const answer = await world.ask('/auth/sessions', { method: 'DELETE', ...bearer(one) });
    expect(answer.status).toBe(204);
    expect(world.revocations.filter(({ kind }) => kind === 'user').at(-1)).toMatchObject({ id: decodeJwt(one.accessToken).sub });
    for (const tokens of [one, two]) {
      expect((await world.ask('/auth/sessions', bearer(tokens))).status).toBe(401);
      expect((await world.refresh(tokens.refreshToken)).status).toBe(401);
      expect(toldOf(sid(tokens))).toEqual(['user_action']);
    }
  });
});

describe('an administrator at the provider', () => {
  test('ends a session: by back-channel logout its tokens are refused, and it is told', async () => {
    const tokens = await world.signInApp('david.stone');
    await provider.endSessions('david.stone');
    expect(toldOf(sid(tokens))).toEqual(['admin_action']);
    expect(world.revocations.some(({ kind, id }) => kind === 'session' && id === sid(tokens))).toBe(true);
    expect((await world.ask('/auth/sessions', bearer(tokens))).status).toBe(401);
  });
});

test('sessions of one user are bounded: the oldest ends', async () => {
  await using small = await SidecarWorld.start(provider, { variables: { INTERVIEW_SESSIONS_PER_USER: '2' } });
  const tokens = [await small.signInApp(), await small.signInApp(), await small.signInApp()];
  const answers = await Promise.all(tokens.map((one) => small.ask('/auth/sessions', bearer(one))));
  expect(answers.map(({ status }) => status)).toEqual([401, 200, 200]);
  expect(small.told('user.logged_out').map(({ data }) => data)).toEqual([{ sessionId: sid(tokens[0]!), logoutReason: 'admin_action' }]);
});
