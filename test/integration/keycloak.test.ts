/** Sign-in as browsers and apps meet it, at a real Keycloak: gateway, sidecar and Redis in processes of their own. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Answer, call, ephemeralPorts, FormBrowser, type Mocks, type Page, startMocks } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { readRealm } from '../../auth-sidecar/src/provider/realm.js';
import { renderFor } from '../contract/support/contract.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { LogoutListener } from '../support/identity/relying-party.js';
import { identitySuite } from '../support/identity/suite.js';
import { TestKeycloak } from '../support/keycloak.js';
import { eventually, TestRedis } from '../support/redis.js';
import { SidecarProcess } from '../support/sidecar-process.js';

/** The first test on a machine installs Keycloak. */
const SETUP_MS = 600_000;
const TEST_MS = 180_000;
const host = { host: 'interview.localhost:8443' };
const origin = 'https://interview.localhost:8443';
const returnTo = `${origin}/auth/demo`;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-keycloak-'));

let keycloak: TestKeycloak;
let redis: TestRedis;
let mocks: Mocks;
let sidecar: SidecarProcess;
let gateway: GatewayProcess;
let logouts: LogoutListener;

interface Pair {
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
}

const ask = (target: string, token?: string, json?: unknown): Promise<Answer> =>
  call(`${gateway.url}${target}`, {
    headers: { ...host, accept: 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    ...(json === undefined ? {} : { json }),
    timeoutMs: 20_000,
  });
const me = async (token: string): Promise<number> => (await ask('/users/me', token)).status;
const refresh = (refreshToken: string): Promise<Answer> => ask('/auth/refresh', undefined, { refreshToken });
const refreshed = async (refreshToken: string): Promise<Pair> => {
  const answer = await refresh(refreshToken);
  expect(answer.status).toBe(200);
  return answer.json as Pair;
};
/** Once the provider is asked again. */
async function refreshedLater(refreshToken: string): Promise<Pair> {
  let answer = await refresh(refreshToken);
  await eventually('a refresh is decided', async () => {
    if (answer.status === 503) answer = await refresh(refreshToken);
    return answer.status !== 503;
  });
  expect(answer.status).toBe(200);
  return answer.json as Pair;
}
/** The browser finds the gateway behind its public address. */
const browserFor = (accept: string): FormBrowser =>
  new FormBrowser({ headers: { accept }, reach: (url) => (url.origin === origin ? gateway.url : undefined) });

/** From /auth/login through Keycloak's form to what the callback answers. */
async function signIn(username = 'mina.park', accept = 'application/json', browser = browserFor(accept)): Promise<Page> {
  const page = accept === 'text/html' ? { 'sec-fetch-site': 'same-origin', origin } : {};
  const begun = await browser.visit(`${origin}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...page },
    body: JSON.stringify({ redirectUri: returnTo }),
  });
  expect(begun.status).toBe(200);
  const form = await browser.visit((begun.json as { authUrl: string }).authUrl, { headers: { accept: 'text/html' } });
  return browser.submit(form, { username, password: 'password' }, { headers: { accept }, until: ({ href }) => href === returnTo });
}
const tokens = async (username?: string): Promise<Pair> => (await signIn(username)).json as Pair;

/** The events that wait in the outbox, as readers of the topic will get them. */
function events(): { eventType: string; userId: string; data: Record<string, unknown> }[] {
  const logs = fs.readdirSync(folder).filter((name) => name.endsWith('.log'));
  const lines = logs.sort().flatMap((name) => fs.readFileSync(path.join(folder, name), 'utf8').split('\n').slice(0, -1));
  return lines.map((line) => JSON.parse(line.slice(line.indexOf('{'))).value);
}
const told = (eventType: string, data: object): Promise<void> =>
  eventually(`${eventType} ${JSON.stringify(data)}`, () =>
    events().some((one) => one.eventType === eventType && Object.entries(data).every(([name, value]) => one.data[name] === value)),
  );

beforeAll(async () => {
  // First and alone: installing it holds this process for as long as that takes, and the deadlines of others would pass.
  keycloak = await TestKeycloak.start();
  [redis, mocks] = await Promise.all([TestRedis.start(), startMocks({ systems: ['interview'], ports: ephemeralPorts })]);
  const shared = {
    REDIS_URL: redis.url,
    REDIS_DEADLINE_MS: '5000',
    INTERVIEW_KEYCLOAK_ISSUER_URL: keycloak.issuer,
    INTERVIEW_FRONTEND_URL: origin,
    INTERVIEW_USER_SERVICE_URL: mocks.urls('interview.user')[0]!,
    INTERVIEW_RATE_LIMIT_AUTH_PER_MINUTE: '1000',
    INTERVIEW_RATE_LIMIT_PER_WINDOW: '10000',
  };
  sidecar = await SidecarProcess.start({
    ...shared,
    INTERVIEW_AUTH_REDIRECT_URIS: returnTo,
    INTERVIEW_KEYCLOAK_REDIRECT_URI: `${origin}/auth/callback`,
    INTERVIEW_KEYCLOAK_CLIENT_SECRET: readRealm(() => undefined).client.secret!,
    INTERVIEW_KEYCLOAK_TIMEOUT_MS: '1500',
    AUTH_SIDECAR_SECRETS: 'a-secret-of-these-tests-0123456789abcdef',
    AUTH_OUTBOX_DIR: folder,
  });
  const config = renderFor({ ...shared, AUTH_SIDECAR_URL: sidecar.url }, ['interview']);
  gateway = await GatewayProcess.start(config, [], shared);
  logouts = await LogoutListener.start();
  await keycloak.changeClient({ attributes: { 'backchannel.logout.url': logouts.url } });
}, SETUP_MS);

afterAll(async () => {
  await Promise.all([gateway?.stop(), sidecar?.stop()]);
  logouts?.close();
  await Promise.all([mocks?.close(), redis?.kill(), keycloak?.[Symbol.asyncDispose]()]);
  fs.rmSync(folder, { recursive: true, force: true });
}, TEST_MS);

const scene = () => ({ issuer: keycloak.issuer, logouts, endSessions: (username: string) => keycloak.endSessions(username) });
identitySuite('a real Keycloak', scene, TEST_MS);

describe('at a real Keycloak', () => {
  beforeAll(() => keycloak.changeClient({ attributes: { 'backchannel.logout.url': `${sidecar.url}/auth/backchannel-logout` } }));

  test(
    'an app signs in, and the gateway takes its token',
    async () => {
      const answer = await signIn('ana.silva');
      expect(answer).toMatchObject({ status: 200, json: { tokenType: 'Bearer', expiresIn: expect.any(Number) } });
      const { accessToken } = answer.json as Pair;
      expect(decodeJwt(accessToken)).toMatchObject({
        iss: keycloak.issuer,
        aud: 'ai-video-interview-app',
        azp: 'ai-video-interview-app',
        typ: 'Bearer',
        sub: '8f14e45f-ceea-467f-9575-1f0a5b1c0003',
        email: 'ana.silva@interview.example',
        preferred_username: 'ana.silva',
        given_name: 'Ana',
        family_name: 'Silva',
        realm_access: { roles: expect.arrayContaining(['admin', 'recruiter']) },
      });
      expect((await ask('/users/me', accessToken)).json).toMatchObject({ id: '8f14e45f-ceea-467f-9575-1f0a5b1c0003' });
      const roles = mocks.requests('interview.user').at(-1)?.headers['x-user-roles'];
      expect(String(roles).split(',').sort()).toEqual(['admin', 'recruiter']);
      await told('user.authenticated', { email: 'ana.silva@interview.example', authMethod: 'oauth2', firstName: 'Ana' });
    },
    TEST_MS,
  );

  test(
    'a browser gets cookies and no token in a body; they are good for the gateway',
    async () => {
      const browser = browserFor('text/html');
      const page = await signIn('mina.park', 'text/html', browser);
      expect(page).toMatchObject({ status: 303, headers: { location: returnTo } });
      expect(page.text).not.toMatch(/eyJ/);
      expect(browser.cookie('interview.localhost', '__Host-refresh_token')).toBeDefined();
      const profile = await browser.visit(`${origin}/users/me`);
      expect(profile).toMatchObject({ status: 200, json: { email: 'mina.park@interview.example' } });
      const foreign = { method: 'POST', headers: { origin: 'https://evil.example' } };
      expect((await browser.visit(`${origin}/auth/refresh`, foreign)).status).toBe(403);
      expect((await browser.visit(`${origin}/auth/refresh`, { method: 'POST', headers: { origin } })).status).toBe(200);
    },
    TEST_MS,
  );

  test(
    'refresh tokens rotate; many at once are one',
    async () => {
      const first = await tokens();
      const answers = await Promise.all(Array.from({ length: 20 }, () => refreshed(first.refreshToken)));
      expect(new Set(answers.map(({ refreshToken }) => refreshToken)).size).toBe(1);
      const next = answers[0]!;
      expect(next.refreshToken).not.toBe(first.refreshToken);
      expect(decodeJwt(next.accessToken)['sid']).toBe(decodeJwt(first.accessToken)['sid']);
      expect(await me(next.accessToken)).toBe(200);
      expect((await refreshed(next.refreshToken)).refreshToken).not.toBe(next.refreshToken);
      await told('user.authenticated', { authMethod: 'jwt_refresh', sessionId: decodeJwt(first.accessToken)['sid'] });
    },
    TEST_MS,
  );

  test(
    'who signs out is out: at the gateway, at the sidecar, at Keycloak',
    async () => {
      const { accessToken, refreshToken } = await tokens();
      const sessionId = decodeJwt(accessToken)['sid'];
      const answer = await ask('/auth/logout', accessToken, {});
      expect(answer).toMatchObject({ status: 200, json: { message: 'Logged out successfully' } });
      const { endSessionUrl } = answer.json as { endSessionUrl: string };
      expect(endSessionUrl).toContain(`${keycloak.issuer}/protocol/openid-connect/logout`);
      await eventually('the gateway refuses the token', async () => (await me(accessToken)) === 401);
      expect((await refresh(refreshToken)).status).toBe(401);
      await told('user.logged_out', { sessionId, logoutReason: 'user_action' });
      const listed = async () => (await keycloak.admin('GET', '/users/8f14e45f-ceea-467f-9575-1f0a5b1c0001/sessions')).json;
      await eventually('Keycloak ended it', async () => ((await listed()) as { id: string }[]).every(({ id }) => id !== sessionId));
    },
    TEST_MS,
  );

  test(
    'an administrator ends a session at Keycloak: its tokens are refused, others are not',
    async () => {
      const [ended, other] = [await tokens('david.stone'), await tokens('ana.silva')];
      expect(await me(ended.accessToken)).toBe(200);
      await keycloak.endSessions('david.stone');
      await eventually('the gateway refuses the token', async () => (await me(ended.accessToken)) === 401);
      expect((await refresh(ended.refreshToken)).status).toBe(401);
      await told('user.logged_out', { sessionId: decodeJwt(ended.accessToken)['sid'], logoutReason: 'admin_action' });
      expect(await me(other.accessToken)).toBe(200);
      await refreshed(other.refreshToken);
    },
    TEST_MS,
  );

  test(
    'keys rotate: old tokens stay good, new ones are taken at once',
    async () => {
      const old = await tokens();
      await keycloak.rotateKeys();
      const next = await refreshed(old.refreshToken);
      const kid = (token: string): unknown => decodeProtectedHeader(token).kid;
      expect(kid(next.accessToken)).not.toBe(kid(old.accessToken));
      await eventually('the gateway has the new key', async () => (await me(next.accessToken)) === 200);
      expect(await me(old.accessToken)).toBe(200);
      const fresh = await tokens();
      expect(await me(fresh.accessToken)).toBe(200);
    },
    TEST_MS,
  );
});

describe('at a Keycloak in trouble', () => {
  test(
    'one that says nothing: 503 and no waiting for ever; who is signed in goes on',
    async () => {
      const { accessToken, refreshToken } = await tokens();
      const { json } = await ask('/auth/login', undefined, {});
      const state = (json as { state: string }).state;
      await keycloak.pause();
      try {
        const late = await refresh(refreshToken);
        expect(late).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) }, json: { statusCode: 503 } });
        const callback = `/auth/callback?${new URLSearchParams({ code: 'code', state, iss: keycloak.issuer })}`;
        expect([400, 503]).toContain((await ask(callback)).status);
        expect((await ask('/auth/login', undefined, {})).status).toBe(200);
        expect(await me(accessToken)).toBe(200);
      } finally {
        await keycloak.resume();
      }
      await eventually('it refreshes again, once Keycloak has woken', async () =>
        [200, 401].includes((await refresh(refreshToken)).status),
      );
    },
    TEST_MS,
  );

  test(
    'one that dies and comes back: nobody is signed out',
    async () => {
      const { accessToken, refreshToken } = await tokens();
      await keycloak.kill();
      expect(await me(accessToken)).toBe(200);
      expect((await refresh(refreshToken)).status).toBe(503);
      expect((await ask('/auth/sessions', accessToken)).status).toBe(200);
      await keycloak.launch();
      const next = await refreshedLater(refreshToken);
      expect(await me(next.accessToken)).toBe(200);
      expect(await me((await tokens('ana.silva')).accessToken)).toBe(200);
    },
    TEST_MS,
  );
});
