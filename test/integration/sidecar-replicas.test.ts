/** Two replicas of the sidecar and two gateways on one Redis: one call to the provider, one end of a session for all. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Keys, redisStores } from '@gatehouse/plugins';
import { call, FormBrowser } from '@gatehouse/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { RunningProvider } from '../../auth-sidecar/src/provider/index.js';
import { approve, SidecarWorld, provider as startProvider, type Tokens } from '../../auth-sidecar/src/testing/world.js';
import type { RedisConnection } from '../../plugins/src/runtime/redis/index.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { eventually, TestRedis } from '../support/redis.js';
import { connected, realEffects, settingsOf } from '../support/redis-world.js';

let server: TestRedis;
let provider: RunningProvider;
const ends: (() => unknown)[] = [];
const later = <T>(value: T, end: (value: T) => unknown): T => {
  ends.unshift(() => end(value));
  return value;
};

/** A replica on the test's Redis. */
async function replica(skew: () => number = () => 0): Promise<SidecarWorld> {
  const redis: RedisConnection = later(await connected(server.port), (one) => one.close());
  const stores = later(redisStores('interview', settingsOf(server.port), realEffects()), (one) => one.close());
  await stores.settled();
  const memory = { redis, keys: new Keys('interview') };
  const world = await SidecarWorld.start(provider, { stores: () => stores, sharedMemory: () => memory, skew });
  return later(world, (one) => one[Symbol.asyncDispose]());
}

const plugin = () => ({
  name: 'jwt-auth',
  config: {
    algorithms: ['RS256'],
    jwks: { discover: provider.issuer },
    issuers: [provider.issuer],
    audiences: ['ai-video-interview-app'],
    claim_values: { typ: 'Bearer' },
    revocation: true,
  },
});

async function gateway(port: number): Promise<GatewayProcess> {
  const tags = ['system-interview'];
  const route = { name: 'all', paths: ['/'], strip_path: false, tags, plugins: [{ ...plugin(), tags }] };
  const service = { name: 'service', url: `http://127.0.0.1:${port}`, tags, routes: [route] };
  const config = { _format_version: '3.0', services: [service] };
  const started = await GatewayProcess.start(JSON.stringify(config), [], { INTERVIEW_REDIS_URL: server.url });
  return later(started, (one) => one.stop('SIGKILL'));
}

let a: SidecarWorld;
let b: SidecarWorld;
beforeAll(async () => {
  server = later(await TestRedis.start(), (one) => one.kill());
  provider = later(await startProvider(), (one) => one.close());
  [a, b] = [await replica(), await replica()];
});
beforeEach(async () => {
  provider.behaviour.delayMs = 0;
  await server.resume();
});
afterAll(async () => {
  for (const end of ends) await end();
});

const bearer = ({ accessToken }: Tokens) => ({ headers: { authorization: `Bearer ${accessToken}` } });

describe('two replicas', () => {
  test('100 refreshes of one token at once are one call to the provider, and all get the same pair', async () => {
    const { refreshToken } = await a.signInApp();
    provider.behaviour.delayMs = 100;
    const before = provider.behaviour.count('token');
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? a : b).refresh(refreshToken)));
    expect(provider.behaviour.count('token')).toBe(before + 1);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]!.status).toBe(200);
    const next = (answers[0]!.json as Tokens).refreshToken;
    expect((await b.refresh(next)).status).toBe(200);
  });

  test('a call that takes longer than a lease is still one', async () => {
    const { refreshToken } = await a.signInApp();
    const slow = a.sidecar.oidc.client;
    const { refresh } = slow;
    let asked = 0;
    let answer = (): void => undefined;
    slow.refresh = async (token) => {
      asked++;
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return refresh.call(slow, token);
    };
    const before = provider.behaviour.count('token');
    const first = a.refresh(refreshToken);
    await eventually('it was asked', () => asked === 1);
    const second = b.refresh(refreshToken);
    await server.age(2500);
    await eventually('the lease was renewed', async () => Number((await leaseLeft()).replace(/\D/g, '')) > 5500, 8000);
    answer();
    slow.refresh = refresh;
    const answers = await Promise.all([first, second]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0].text).toBe(answers[1].text);
    expect(provider.behaviour.count('token')).toBe(before + 1);
  });

  test('a sign-in that one began and the other finished is good once', async () => {
    const begun = await a.ask('/auth/login', { method: 'POST' });
    const callback = await approve(new FormBrowser(), (begun.json as { authUrl: string }).authUrl);
    const path = callback.pathname + callback.search;
    const answers = await Promise.all([a, b, a, b].map((one) => one.ask(path)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
  });

  test('a spent token that the other replica sees after its grace time ends the session', async () => {
    const tokens = await a.signInApp();
    const next = (await a.refresh(tokens.refreshToken)).json as Tokens;
    await server.age(10_000);
    expect((await b.refresh(tokens.refreshToken)).status).toBe(401);
    expect((await a.refresh(next.refreshToken)).status).toBe(401);
    expect(b.told('user.logged_out').at(-1)).toMatchObject({ data: { logoutReason: 'token_expired' } });
  });

  test('what is kept in Redis is no token', async () => {
    const { refreshToken } = await a.signInApp();
    const next = (await a.refresh(refreshToken)).json as Tokens;
    const dump = await server.ask(
      'EVAL',
      "local all = '' for _, k in ipairs(redis.call('KEYS', '*')) do if redis.call('TYPE', k).ok == 'string' then all = all .. k .. redis.call('GET', k) end end return all",
      '0',
    );
    expect(dump.length).toBeGreaterThan(1000);
    for (const token of [refreshToken, next.refreshToken, next.accessToken]) expect(dump).not.toContain(token.slice(0, 60));
  });
});

/** Milliseconds that the one lease has left. */
const leaseLeft = (): Promise<string> =>
  server.ask('EVAL', "return redis.call('PTTL', redis.call('KEYS', '*refresh-lease*')[1] or 'none')", '0');

describe('two gateways', () => {
  test('refuse a session within a second of its end', async () => {
    const service = http.createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
    later(service, (one) => one.close());
    await new Promise((resolve) => service.once('listening', resolve));
    const { port } = service.address() as AddressInfo;
    const gateways = [await gateway(port), await gateway(port)];
    const status = async (one: GatewayProcess, tokens: Tokens): Promise<number> =>
      (await call(`${one.url}/users/me`, bearer(tokens))).status;
    const [ended, other] = [await a.signInApp(), await b.signInApp('david.stone')];
    for (const one of gateways) expect([await status(one, ended), await status(one, other)]).toEqual([200, 200]);
    const at = Date.now();
    expect((await b.ask('/auth/logout', { method: 'POST', ...bearer(ended) })).status).toBe(200);
    for (const one of gateways) await eventually('it is refused', async () => (await status(one, ended)) === 401, 1000);
    expect(Date.now() - at).toBeLessThan(1500);
    for (const one of gateways) expect(await status(one, other)).toBe(200);
    const { sid } = decodeJwt(ended.accessToken);
    await eventually('it is announced', () => a.revocations.some(({ kind, id }) => kind === 'session' && id === sid));
  }, 60_000);
});

describe('Redis away', () => {
  test('is 503, before a code or a token is spent; then all is well', async () => {
    const tokens = await a.signInApp();
    const begun = await a.ask('/auth/login', { method: 'POST' });
    const callback = await approve(new FormBrowser(), (begun.json as { authUrl: string }).authUrl);
    const path = callback.pathname + callback.search;
    const before = provider.behaviour.count('token');
    await server.pause();
    const answers = await Promise.all([a.ask(path), a.refresh(tokens.refreshToken), a.ask('/auth/sessions', bearer(tokens))]);
    await server.resume();
    expect(answers.map(({ status, headers }) => [status, headers['retry-after']])).toEqual(Array(3).fill([503, '1']));
    expect(provider.behaviour.count('token')).toBe(before);
    await eventually('it is back', async () => (await a.refresh(tokens.refreshToken)).status === 200);
  });
});
