/** Telegram sign-in and API keys as users meet them: two gateways, two sidecars, one Redis, the product's services behind. */
import { generateKeyPairSync } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  type Answer,
  type CallOptions,
  call,
  developmentSecrets,
  ephemeralPorts,
  type Mocks,
  roleClaims,
  signHs256,
  startMocks,
  withTimes,
} from '@gatehouse/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { BOT_TOKEN, initDataOf, OTHER_BOT_TOKEN, widgetOf } from '../../auth-sidecar/src/telegram/testing/sign.js';
import { renderFor } from '../contract/support/contract.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { eventually, TestRedis } from '../support/redis.js';
import { SidecarProcess } from '../support/sidecar-process.js';

const START_MS = 90_000;
const host = { host: 'gongbu.localhost' };
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-sidecar-'));
const keyFile = path.join(folder, 'key.pem');

let redis: TestRedis;
let mocks: Mocks;
let sidecars: SidecarProcess[] = [];
let gateways: GatewayProcess[] = [];

/** Token of a role of the product's. */
const token = (role: string, claims: object = {}): string =>
  signHs256(withTimes({ ...roleClaims.gongbu[role], ...claims }, Date.now(), 600), developmentSecrets.gongbu);
const bearer = (text: string): Record<string, string> => ({ ...host, authorization: `Bearer ${text}` });
const seconds = (): number => Math.floor(Date.now() / 1000);

/** Asks a gateway; the first by default. */
const ask = (target: string, options: CallOptions = {}, which = 0): Promise<Answer> =>
  call(`${gateways[which]!.url}${target}`, { ...options, headers: { ...host, ...options.headers } });
const asAdmin = (target: string, options: CallOptions = {}): Promise<Answer> =>
  ask(target, { ...options, headers: { ...bearer(token('admin')), ...options.headers } });

beforeAll(async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  fs.writeFileSync(keyFile, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  [redis, mocks] = await Promise.all([TestRedis.start(), startMocks({ systems: ['gongbu'], ports: ephemeralPorts })]);
  const url = (name: string): string => mocks.urls(`gongbu.${name}`)[0]!;
  const shared = {
    REDIS_URL: redis.url,
    REDIS_DEADLINE_MS: '5000',
    GONGBU_JWT_SECRET: developmentSecrets.gongbu,
    GONGBU_API_KEY_PEPPER: 'pepper-of-these-tests-0123456789abcdef',
    GONGBU_AUTH_SERVICE_URL: url('auth'),
    GONGBU_NOTIFICATION_SERVICE_URL: url('notification'),
  };
  const own = { GONGBU_TELEGRAM_BOT_TOKEN: BOT_TOKEN, GONGBU_REFRESH_GRACE_SECONDS: '1', AUTH_SIDECAR_SIGNING_KEY_FILE: keyFile };
  sidecars = await Promise.all([1, 2].map(() => SidecarProcess.start({ ...shared, ...own })));
  gateways = await Promise.all(
    sidecars.map((sidecar) => GatewayProcess.start(renderFor({ ...shared, AUTH_SIDECAR_URL: sidecar.url }, ['gongbu']), [], shared)),
  );
}, START_MS);

afterAll(async () => {
  await Promise.all([...gateways, ...sidecars].map((part) => part.stop()));
  await Promise.all([mocks?.close(), redis?.kill()]);
  fs.rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => mocks.reset());

describe('signing in by Telegram', () => {
  const signIn = (json: unknown, which = 0): Promise<Answer> => ask('/auth/telegram', { json }, which);
  const refresh = (refreshToken: unknown, which = 0): Promise<Answer> => ask('/auth/telegram/refresh', { json: { refreshToken } }, which);

  interface Pair {
    accessToken: string;
    refreshToken: string;
  }

  test('a widget’s data gives a token that the gateways take, once on all replicas', async () => {
    const json = widgetOf(700001002, seconds());
    const signedIn = await signIn(json);
    expect(signedIn).toMatchObject({ status: 200, json: { expiresIn: 3600, tokenType: 'Bearer' } });
    expect(signedIn.headers['cache-control']).toBe('no-store');
    const { accessToken } = signedIn.json as Pair;
    const me = await ask('/users/me', { headers: bearer(accessToken) }, 1);
    expect(me).toMatchObject({ status: 200, json: { id: 'usr_1002', email: 'creator@gongbu.app' } });
    const again = await Promise.all([signIn(json, 0), signIn(json, 1)]);
    for (const { status, json: body } of again) {
      expect(status).toBe(401);
      expect(body).toMatchObject({ statusCode: 401, message: 'Invalid token', error: 'Unauthorized', path: '/auth/telegram' });
    }
  });

  test('a widget’s data that comes twenty times at once is used once', async () => {
    const json = widgetOf(700001001, seconds());
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => signIn(json, i % 2)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(401)]);
    expect(mocks.requests('gongbu.auth', '/internal/')).toHaveLength(1);
  });

  test('a Mini App’s data gives one as often as it is used', async () => {
    const json = { initData: initDataOf(700001001, seconds()) };
    for (const which of [0, 1, 0]) expect((await signIn(json, which)).status).toBe(200);
  });

  test('the auth service is asked with a token that it can check by the sidecars’ key set', async () => {
    await signIn({ initData: initDataOf(700001003, seconds()) });
    const [asked] = mocks.requests('gongbu.auth', '/internal/telegram/700001003');
    const keys = createRemoteJWKSet(new URL(`${sidecars[1]!.url}/.well-known/jwks.json`));
    const wanted = { issuer: 'gatehouse-auth-sidecar', audience: 'gongbu-auth', algorithms: ['ES256'] };
    const { payload } = await jwtVerify(String(asked?.headers['x-service-token']), keys, wanted);
    expect(payload.exp).toBe(payload.iat! + 60);
    expect(asked?.headers['traceparent']).toMatch(/^00-/);
  });

  test.each<[number, string, CallOptions]>([
    [401, 'data of another bot', { json: widgetOf(700001003, seconds(), {}, OTHER_BOT_TOKEN) }],
    [401, 'data of yesterday', { json: widgetOf(700001003, seconds() - 86_500) }],
    [401, 'a Mini App’s data of two hours ago', { json: { initData: initDataOf(700001003, seconds() - 7200) } }],
    [401, 'data of tomorrow', { json: widgetOf(700001003, seconds() + 86_400) }],
    [401, 'another person', { json: { ...widgetOf(700001001, seconds()), id: 700001003 } }],
    [403, 'somebody whom the product does not know', { json: widgetOf(1, seconds()) }],
    [400, 'nothing', { json: {} }],
    [400, 'no JSON', { body: '{"id":', headers: { 'content-type': 'application/json' } }],
    [415, 'a form', { body: 'id=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    [413, 'far too much', { json: { initData: 'x'.repeat(20_000) } }],
  ])('%d: %s', async (status, _what, options) => {
    const answer = await ask('/auth/telegram', options);
    expect([answer.status, (answer.json as { statusCode: number }).statusCode]).toEqual([status, status]);
    expect(answer.text).not.toMatch(/127\.0\.0\.1|stack|110201543/);
  });

  test('the auth service down is 503, and the data is good afterwards', async () => {
    const json = widgetOf(700001003, seconds());
    await mocks.fault('gongbu.auth', { down: true });
    expect((await signIn(json)).status).toBe(503);
    await mocks.reset();
    expect((await signIn(json, 1)).status).toBe(200);
  });

  test('a hundred refreshes of one token at once, on both replicas, give one pair', async () => {
    const first = (await signIn({ initData: initDataOf(700001001, seconds()) })).json as Pair;
    mocks.forget('gongbu.auth');
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => refresh(first.refreshToken, i % 2)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 200, json: { expiresIn: 3600 } });
    expect(mocks.requests('gongbu.auth', '/internal/').length).toBeLessThanOrEqual(2);
  });

  test('a spent token that comes back ends the session, and the gateways refuse its access tokens', async () => {
    const first = (await signIn({ initData: initDataOf(700001002, seconds()) })).json as Pair;
    const second = (await refresh(first.refreshToken)).json as Pair;
    const me = (which: number): Promise<Answer> => ask('/users/me', { headers: bearer(second.accessToken) }, which);
    expect((await me(0)).status).toBe(200);
    await eventually('the old token is refused', async () => (await refresh(first.refreshToken, 1)).status === 401);
    expect((await refresh(second.refreshToken)).status).toBe(401);
    for (const which of [0, 1]) await eventually('the access token is refused', async () => (await me(which)).status === 401);
    const again = (await signIn({ initData: initDataOf(700001002, seconds()) })).json as Pair;
    expect((await refresh(again.refreshToken)).status).toBe(200);
  });

  test('an access token is no refresh token, nor the other way round', async () => {
    const pair = (await signIn({ initData: initDataOf(700001001, seconds()) })).json as Pair;
    expect((await refresh(pair.accessToken)).status).toBe(401);
    expect((await ask('/users/me', { headers: bearer(pair.refreshToken) })).status).toBe(401);
    for (const bad of [undefined, 7, '', 'x'.repeat(5000)]) expect((await refresh(bad)).status).toBe(400);
  });
});

describe('API keys', () => {
  interface Key {
    id: string;
    key: string;
  }
  const wanted = { name: 'CRM of a partner', owner: 'crm', scopes: ['notifications:send'] };
  const create = async (more: object = {}): Promise<Key> => {
    const made = await asAdmin('/auth/api-keys', { json: { ...wanted, ...more } });
    expect(made.status).toBe(201);
    return made.json as Key;
  };
  const notify = (key: string, which = 0): Promise<Answer> =>
    ask('/notifications', { json: { userId: 'usr_1001', title: 'Hello' }, headers: { 'x-api-key': key } }, which);

  test('a key is shown once, opens what its scopes say on every gateway, and the service never sees it', async () => {
    const made = await asAdmin('/auth/api-keys', { json: wanted });
    expect(made).toMatchObject({ status: 201, json: { ...wanted, status: 'active', expiresAt: null, lastUsedAt: null } });
    expect(made.headers).toMatchObject({ 'cache-control': 'no-store', location: `/auth/api-keys/${(made.json as Key).id}` });
    const { id, key } = made.json as Key;
    for (const which of [0, 1]) expect((await notify(key, which)).status).toBe(202);
    const [got] = mocks.requests('gongbu.notification');
    expect(got?.headers).toMatchObject({ 'x-user-id': 'crm' });
    expect(JSON.stringify(got)).not.toContain(key.split('.')[1]);
    await eventually('its use is noted', async () => {
      const shown = (await asAdmin(`/auth/api-keys/${id}`)).json as { lastUsedAt: string | null };
      return shown.lastUsedAt !== null;
    });
    const listed = await asAdmin('/auth/api-keys?limit=100');
    expect(listed.text).toContain(id);
    for (const secret of [key.split('.')[1]!, 'hash']) expect(listed.text).not.toContain(secret);
    expect(sidecars.map(({ log }) => log).join('')).toContain(
      `"audit":"api_key.created","system":"gongbu","keyId":"${id}","actor":"usr_1003"`,
    );
    expect(sidecars.map(({ log }) => log).join('')).not.toContain(key.split('.')[1]);
  });

  test('a key with other scopes is 403, one that nobody has is 401', async () => {
    const { key } = await create({ scopes: ['analytics:read'] });
    expect((await notify(key)).status).toBe(403);
    expect((await notify(`${key}x`)).status).toBe(401);
  });

  test('after a rotation both secrets are good, or only the new one, as the admin wants it', async () => {
    const { id, key } = await create();
    const second = (await asAdmin(`/auth/api-keys/${id}/rotate`, { json: { overlapSeconds: 60 } })).json as Key;
    expect(second.id).toBe(id);
    expect([(await notify(key)).status, (await notify(second.key, 1)).status]).toEqual([202, 202]);
    const third = (await asAdmin(`/auth/api-keys/${id}/rotate`, { json: { overlapSeconds: 0 } })).json as Key;
    for (const which of [0, 1]) {
      await eventually('the old one is refused', async () => (await notify(second.key, which)).status === 401);
      expect((await notify(third.key, which)).status).toBe(202);
    }
  });

  test('a revoked key is refused by every gateway that took it before, and stays so', async () => {
    const { id, key } = await create();
    for (const which of [0, 1]) expect((await notify(key, which)).status).toBe(202);
    expect((await asAdmin(`/auth/api-keys/${id}`, { method: 'DELETE' })).status).toBe(204);
    for (const which of [0, 1]) await eventually('the key is refused', async () => (await notify(key, which)).status === 401, 5000);
    expect((await asAdmin(`/auth/api-keys/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await asAdmin(`/auth/api-keys/${id}`)).json).toMatchObject({ status: 'revoked' });
    expect((await asAdmin(`/auth/api-keys/${id}/rotate`, { method: 'POST' })).status).toBe(404);
  });

  test('pages list each key once', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, (_, n) => create({ name: `page ${n}` })));
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const page = await asAdmin(`/auth/api-keys?limit=2${next === '' ? '' : `&after=${next}`}`);
      const found = page.json as { data: Key[]; next: string | null };
      seen.push(...found.data.map(({ id }) => id));
      next = found.next;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(made.map(({ id }) => id)));
  });

  test.each([
    [{ name: '' }, 'name'],
    [{ name: 'line\nfeed' }, 'name'],
    [{ owner: 'crm\r\nX-User-Roles: admin' }, 'owner'],
    [{ owner: 'ünïcode' }, 'owner'],
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['Not A Scope'] }, 'scopes.0'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'the end is past'],
    [{ expiresAt: 'tomorrow' }, 'expiresAt'],
    [{ hash: 'ab' }, 'body'],
  ])('%j is 400 and named: %s', async (more, named) => {
    const answer = await asAdmin('/auth/api-keys', { json: { ...wanted, ...more } });
    expect(answer.status).toBe(400);
    expect((answer.json as { message: string }).message).toContain(named);
  });

  test('the sidecar itself lets admins in alone, whatever headers come along', async () => {
    const claimed = { 'x-user-id': 'usr_1003', 'x-user-roles': 'admin', 'content-type': 'application/json' };
    const direct = (headers: Record<string, string>): Promise<Answer> =>
      call(`${sidecars[0]!.url}/auth/api-keys`, { method: 'POST', body: JSON.stringify(wanted), headers: { ...claimed, ...headers } });
    const forged = signHs256(withTimes({ ...roleClaims.gongbu['admin'] }, Date.now(), 600), 'another-secret-of-somebody-else-entirely');
    expect((await direct({})).status).toBe(401);
    expect((await direct({ authorization: `Bearer ${forged}` })).status).toBe(401);
    expect((await direct({ authorization: `Bearer ${token('admin')}x` })).status).toBe(401);
    expect((await direct({ authorization: `Bearer ${token('student')}` })).status).toBe(403);
    expect((await direct({ authorization: `Bearer ${token('student', { role: 'ADMIN' })}` })).status).toBe(403);
    expect((await direct({ authorization: `Bearer ${token('admin')}` })).status).toBe(201);
  });

  test('without Redis nothing is managed, and it comes back by itself', async () => {
    const { key } = await create();
    await redis.kill();
    expect((await asAdmin('/auth/api-keys', { json: wanted })).status).toBe(503);
    expect((await ask('/auth/telegram', { json: widgetOf(700001003, seconds()) })).status).toBe(503);
    const direct = { headers: { authorization: `Bearer ${token('admin')}` }, json: wanted };
    expect((await call(`${sidecars[0]!.url}/auth/api-keys`, direct)).status).toBe(503);
    await redis.launch();
    await eventually('keys can be made', async () => (await asAdmin('/auth/api-keys', { json: wanted })).status === 201);
    await eventually('a key of before the loss is unknown', async () => (await notify(key)).status === 401, 40_000);
  }, 60_000);
});
