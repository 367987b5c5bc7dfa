/** Refreshing, with stores in process and a provider that is made slow, deaf or faulty. */
import { ManualClock } from '@gatehouse/policy/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { TokenSet } from '../oidc/tokens.js';
import type { RunningProvider } from '../provider/index.js';
import { FRONTEND, HOST, SidecarWorld, provider as startTestProvider, type Tokens } from '../testing/world.js';
import { MemoryRefreshStore } from './memory-refresh-store.js';
import { refreshStoreSuite } from './refresh-store.suite.js';

refreshStoreSuite('in process', async () => {
  const clock = new ManualClock();
  const store = new MemoryRefreshStore(() => clock.now());
  return { stores: [store, store], advance: (ms) => clock.advance(ms) };
});

test('the store in process is bounded: the oldest go', async () => {
  const clock = new ManualClock();
  const store = new MemoryRefreshStore(() => clock.now(), 10);
  const note = { session: 's', userId: 'u', since: 0 };
  for (let i = 0; i < 100; i++) await store.note(`t${i}`, note, 1000);
  expect(await store.begin('t0', 'a', 1)).toEqual({ state: 'mine', note: null });
  expect(await store.begin('t99', 'a', 1)).toEqual({ state: 'mine', note });
});

let provider: RunningProvider;
let world: SidecarWorld;
let skew = 0;
beforeAll(async () => {
  provider = await startTestProvider();
  world = await SidecarWorld.start(provider, { skew: () => skew });
});
beforeEach(() => {
  skew = 0;
  provider.behaviour.fault = undefined;
  provider.behaviour.delayMs = 0;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await provider.close();
});

const sid = (token: string): string => String(decodeJwt(token)['sid']);
const eventually = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};
const calls = (): number => provider.behaviour.count('token');

describe('a refresh token', () => {
  test('gives a new pair', async () => {
    const tokens = await world.signInApp();
    const answer = await world.refresh(tokens.refreshToken);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ accessToken: expect.any(String), refreshToken: expect.any(String), expiresIn: expect.any(Number) });
    const next = answer.json as Tokens;
    expect(next.refreshToken).not.toBe(tokens.refreshToken);
    expect(sid(next.accessToken)).toBe(sid(tokens.accessToken));
    expect(world.told('user.authenticated').at(-1)!['data']).toMatchObject({
      authMethod: 'jwt_refresh',
      sessionId: sid(tokens.accessToken),
    });
  });

  test('used a hundred times at once is one call to the provider, and all get the same pair', async () => {
    const { refreshToken } = await world.signInApp();
    provider.behaviour.delayMs = 30;
    const before = calls();
    const answers = await Promise.all(Array.from({ length: 100 }, () => world.refresh(refreshToken)));
    expect(calls()).toBe(before + 1);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]!.status).toBe(200);
  });

  test('used again within its grace time gives the same pair, with no call', async () => {
    const { refreshToken } = await world.signInApp();
    const first = await world.refresh(refreshToken);
    const before = calls();
    skew = 9000;
    const second = await world.refresh(refreshToken);
    expect(second.json).toEqual(first.json);
    expect(calls()).toBe(before);
  });

  test('used again after its grace time ends the session: everywhere, for good, told once', async () => {
    const { refreshToken, accessToken } = await world.signInApp();
    const next = (await world.refresh(refreshToken)).json as Tokens;
    skew = 10_001;
    const stolen = await world.refresh(refreshToken);
    expect(stolen.status).toBe(401);
    expect(stolen.json).toMatchObject({ statusCode: 401, message: 'Unauthorized' });
    const session = sid(accessToken);
    expect(world.revocations.at(-1)).toMatchObject({ system: 'interview', kind: 'session', id: session });
    expect(world.revocations.at(-1)!.since).toBeGreaterThanOrEqual(decodeJwt(next.accessToken).iat! * 1000);
    expect((await world.refresh(next.refreshToken)).status).toBe(401);
    expect((await world.refresh(refreshToken)).status).toBe(401);
    await world.sidecar.oidc.ends.settled();
    const told = world.told('user.logged_out').filter(({ data }) => (data as { sessionId: string }).sessionId === session);
    expect(told).toHaveLength(1);
    expect(told[0]!['data']).toEqual({ sessionId: session, logoutReason: 'token_expired' });
  });

  test('whose session ends while the provider is asked gives nothing, and its successor does not live on', async () => {
    const tokens = await world.signInApp();
    const { client } = world.sidecar.oidc;
    const { refresh } = client;
    const got: TokenSet[] = [];
    let answer = (): void => undefined;
    client.refresh = async (token) => {
      got.push(await refresh.call(client, token));
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return got[0]!;
    };
    const refreshing = world.refresh(tokens.refreshToken);
    await eventually(() => got.length === 1);
    client.refresh = refresh;
    const told = world.told('user.authenticated').length;
    const bearer = { authorization: `Bearer ${tokens.accessToken}` };
    expect((await world.ask('/auth/logout', { method: 'POST', headers: bearer })).status).toBe(200);
    answer();
    expect(await refreshing).toMatchObject({ status: 401 });
    expect(world.told('user.authenticated').length).toBe(told);
    await world.sidecar.oidc.ends.settled();
    await expect(client.refresh(got[0]!.refreshToken!)).rejects.toMatchObject({ reason: 'invalid_grant' });
  });

  test('that the provider does not take is 401, and its session has ended', async () => {
    const { refreshToken, accessToken } = await world.signInApp('david.stone');
    await provider.endSessions('david.stone');
    const answer = await world.refresh(refreshToken);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"');
    expect(world.told('user.logged_out').at(-1)!['data']).toEqual({ sessionId: sid(accessToken), logoutReason: 'token_expired' });
  });

  test('of nobody is 401, and nothing is told of it', async () => {
    const before = world.events.length;
    expect((await world.refresh('made-up')).status).toBe(401);
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sid":"s","sub":"u"}').toString('base64url')}.`;
    expect((await world.refresh(unsigned)).status).toBe(401);
    expect(world.events.length).toBe(before);
  });

  test.each([[{}], [{ refreshToken: '' }], [{ refreshToken: 1 }], [{ refreshToken: ['a'] }]])('%j is none', async (json) => {
    expect([400, 401]).toContain((await world.ask('/auth/refresh', { json })).status);
  });
});

describe('a provider in trouble signs nobody out', () => {
  test.each([
    ['that answers 500', 500],
    ['that answers 503', 503],
    ['that cuts connections', 0],
  ])('%s: 503 with Retry-After, then all is well', async (_name, fault) => {
    const { refreshToken } = await world.signInApp();
    const ended = world.told('user.logged_out').length;
    provider.behaviour.fault = fault;
    const away = await world.refresh(refreshToken);
    expect(away.status).toBe(503);
    expect(Number(away.headers['retry-after'])).toBeGreaterThan(0);
    provider.behaviour.fault = undefined;
    skew = 1001;
    expect((await world.refresh(refreshToken)).status).toBe(200);
    expect(world.told('user.logged_out').length).toBe(ended);
  });

  test('that is asked by a hundred is asked once', async () => {
    const { refreshToken } = await world.signInApp();
    provider.behaviour.fault = 500;
    const before = calls();
    const answers = await Promise.all(Array.from({ length: 100 }, () => world.refresh(refreshToken)));
    expect(answers.every(({ status }) => status === 503)).toBe(true);
    expect(calls()).toBe(before + 1);
  });

  test('that is too slow: 503', async () => {
    await using impatient = await SidecarWorld.start(provider, { variables: { INTERVIEW_KEYCLOAK_TIMEOUT_MS: '300' } });
    const { refreshToken } = await impatient.signInApp();
    provider.behaviour.delayMs = Number.POSITIVE_INFINITY;
    expect((await impatient.refresh(refreshToken)).status).toBe(503);
  });

  test('with new keys: tokens of before and after are good', async () => {
    const { refreshToken, accessToken } = await world.signInApp();
    await provider.rotateKeys();
    skew = 6000;
    const next = (await world.refresh(refreshToken)).json as Tokens;
    for (const token of [accessToken, next.accessToken]) {
      expect((await world.ask('/auth/sessions', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    }
  });

  test('that is away at the start is waited for', async () => {
    provider.behaviour.fault = 503;
    let later = 0;
    await using early = await SidecarWorld.start(provider, { skew: () => later });
    const refused = await early.ask('/auth/login', { method: 'POST' });
    expect(refused.status).toBe(503);
    expect(refused.json).toMatchObject({ statusCode: 503, error: 'Service Unavailable' });
    provider.behaviour.fault = undefined;
    later = 1000;
    expect((await early.ask('/auth/login', { method: 'POST' })).status).toBe(200);
  });
});

describe('a browser', () => {
  const refresh = (browser: Awaited<ReturnType<SidecarWorld['signIn']>>['browser'], headers: Record<string, string>) =>
    browser.visit(`${HOST}/auth/refresh`, { method: 'POST', headers: { accept: 'application/json', ...headers } });

  test('refreshes by its cookie, and gets cookies: no token in the body', async () => {
    const { browser } = await world.signIn();
    const before = browser.cookie('interview.localhost', '__Host-refresh_token');
    const page = await refresh(browser, { origin: FRONTEND, 'sec-fetch-site': 'same-site' });
    expect(page.json).toEqual({ expiresIn: expect.any(Number) });
    expect(browser.cookie('interview.localhost', '__Host-refresh_token')).not.toBe(before);
    expect(browser.cookie('interview.localhost', '__Host-access_token')).toMatch(/^ey/);
  });

  test.each<[Record<string, string>]>([
    [{}],
    [{ origin: 'https://evil.example' }],
    [{ origin: 'null' }],
    [{ origin: FRONTEND, 'sec-fetch-site': 'cross-site' }],
  ])('sent by another site (%j) is refused, and the token stays good', async (headers) => {
    const { browser } = await world.signIn();
    const before = calls();
    expect((await refresh(browser, headers)).status).toBe(403);
    expect(calls()).toBe(before);
    expect((await refresh(browser, { origin: FRONTEND })).status).toBe(200);
  });

  test('whose token is not good loses its cookies', async () => {
    const { browser } = await world.signIn();
    await provider.endSessions('mina.park');
    const page = await refresh(browser, { origin: FRONTEND });
    expect(page.status).toBe(401);
    expect(browser.cookie('interview.localhost', '__Host-refresh_token')).toBeUndefined();
  });

  test('with two cookies of the name has none: one is somebody else’s', async () => {
    const answer = await world.ask('/auth/refresh', {
      method: 'POST',
      headers: { cookie: '__Host-refresh_token=a; __Host-refresh_token=b', origin: FRONTEND },
    });
    expect(answer.status).toBe(401);
  });
});
