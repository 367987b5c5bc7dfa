import { createHash, generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { call, FormBrowser, type Page, roleClaims } from '@gatehouse/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { type RunningProvider, startProvider } from './provider.js';

const callback = 'https://interview.localhost:8443/auth/callback';
const verifier = 'a-code-verifier-of-more-than-forty-three-characters';
const challenge = createHash('sha256').update(verifier).digest('base64url');
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let provider: RunningProvider;
let listener: Server;
let logouts: string[] = [];
let endpoint = (path: string): string => path;

beforeAll(async () => {
  listener = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      logouts.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  provider = await startProvider({ port: 0, key, backchannelLogoutUri: () => `http://127.0.0.1:${port}/logout` });
  endpoint = (path) => `${provider.issuer}/protocol/openid-connect/${path}`;
});
afterAll(async () => {
  await provider.close();
  listener.close();
});
beforeEach(() => {
  logouts = [];
});

const authorization = (more: Record<string, string> = {}): string =>
  `${endpoint('auth')}?${new URLSearchParams({
    client_id: 'ai-video-interview-app',
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid profile email',
    state: 's',
    nonce: 'n',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...more,
  })}`;
const atCallback = (url: URL): boolean => url.href.startsWith(callback);
const located = (page: Page): URL => new URL(page.headers.location ?? '', page.url);

async function signIn(browser = new FormBrowser(), username = 'mina.park'): Promise<URL> {
  const form = await browser.visit(authorization(), { until: atCallback });
  return located(await browser.submit(form, { username, password: 'password' }, { until: atCallback }));
}

interface Tokens {
  access_token: string;
  refresh_token: string;
  id_token: string;
  expires_in: number;
}
const secret = { client_id: 'ai-video-interview-app', client_secret: 'interview-development-secret-never-in-production' };
const post = (path: string, fields: Record<string, string>) =>
  call(endpoint(path), {
    body: new URLSearchParams({ ...secret, ...fields }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
const exchange = async (at: URL, more: Record<string, string> = {}) =>
  post('token', {
    grant_type: 'authorization_code',
    code: at.searchParams.get('code') ?? '',
    redirect_uri: callback,
    code_verifier: verifier,
    ...more,
  });
const tokens = async (browser?: FormBrowser, username?: string): Promise<Tokens> => {
  const answer = await exchange(await signIn(browser, username));
  expect(answer.status).toBe(200);
  return answer.json as Tokens;
};
const refresh = (token: string) => post('token', { grant_type: 'refresh_token', refresh_token: token });

describe('sign-in', () => {
  test('a wrong password is said, a right one comes back with code, state and issuer', async () => {
    const browser = new FormBrowser();
    const form = await browser.visit(authorization());
    expect(form.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(form.text).toContain('<label for="username">');
    expect(form.text).not.toContain('<script');
    const again = await browser.submit(form, { username: '<b>"mina.park', password: 'no' });
    expect(again.text).toContain('Wrong user name or password');
    expect(again.text).toContain('value="&#60;b&#62;&#34;mina.park"');
    const done = await browser.submit(again, { username: 'Mina.Park@interview.example', password: 'password' }, { until: atCallback });
    expect(located(done).searchParams.get('iss')).toBe(provider.issuer);
    expect(located(done).searchParams.get('state')).toBe('s');
  });

  test.each([
    ['candidate', 'mina.park'],
    ['recruiter', 'david.stone'],
    ['admin', 'ana.silva'],
  ] as const)("the token of a %s has Keycloak's claims", async (role, username) => {
    const { access_token, id_token, expires_in } = await tokens(undefined, username);
    const { payload, protectedHeader } = await jwtVerify(access_token, createRemoteJWKSet(new URL(endpoint('certs'))), {
      issuer: provider.issuer,
      audience: 'ai-video-interview-app',
    });
    const { sub, email, preferred_username, realm_access, typ, azp, aud, scope } = roleClaims.interview[role]!;
    expect(payload).toMatchObject({ sub, email, preferred_username, realm_access, typ, azp, aud, scope });
    expect(payload).toMatchObject({ given_name: expect.any(String), family_name: expect.any(String), sid: expect.any(String) });
    expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'JWT' });
    expect(expires_in).toBe(300);
    expect(decodeJwt(id_token)).toMatchObject({ sub, email, nonce: 'n', aud: azp, sid: payload['sid'], given_name: payload['given_name'] });
  });

  test('needs PKCE with S256, the right address, and spends a code once', async () => {
    const browser = new FormBrowser();
    const without = await browser.visit(authorization({ code_challenge: '', code_challenge_method: '' }), { until: atCallback });
    expect(located(without).searchParams.get('error')).toBe('invalid_request');
    const elsewhere = await browser.visit(authorization({ redirect_uri: 'https://evil.example/' }), { until: atCallback });
    expect([elsewhere.status, elsewhere.headers.location]).toEqual([400, undefined]);
    const at = await signIn();
    expect((await exchange(at, { code_verifier: verifier.replace('a', 'b') })).json).toMatchObject({ error: 'invalid_grant' });
    const second = await signIn();
    const first = await exchange(second);
    expect(first.status).toBe(200);
    expect((await exchange(second)).json).toMatchObject({ error: 'invalid_grant' });
    // RFC 6749 section 4.1.2: what a replayed code gave is taken back.
    expect((await refresh((first.json as Tokens).refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
    expect((await exchange(await signIn(), { client_secret: 'wrong' })).json).toMatchObject({ error: 'invalid_client' });
  });

  test('a form from elsewhere, without its cookie or too large is refused', async () => {
    const browser = new FormBrowser();
    const form = await browser.visit(authorization());
    const fields = { username: 'mina.park', password: 'password' };
    expect((await browser.submit(form, fields, { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await browser.submit(form, fields, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await new FormBrowser().submit(form, fields)).status).toBe(400);
    expect((await browser.submit(form, { ...fields, password: 'x'.repeat(9000) })).status).toBe(413);
    expect((await browser.visit(form.url, { method: 'DELETE' })).status).toBe(405);
  });
});

describe('sessions', () => {
  test('a refresh token is spent once; used again, it ends what came of it', async () => {
    const { refresh_token, access_token } = await tokens();
    const next = (await refresh(refresh_token)).json as Tokens;
    expect(next.refresh_token).not.toBe(refresh_token);
    expect(decodeJwt(next.access_token)['sid']).toBe(decodeJwt(access_token)['sid']);
    expect(decodeJwt(next.id_token)['email']).toBe('mina.park@interview.example');
    expect((await refresh(refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
    expect((await refresh(next.refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
  });

  test('revocation (RFC 7009) ends the refresh token, and says nothing of others', async () => {
    const { refresh_token } = await tokens();
    expect((await post('revoke', { token: refresh_token })).status).toBe(200);
    expect((await post('revoke', { token: 'never-seen' })).status).toBe(200);
    expect((await refresh(refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
  });

  test('a browser that signs out tells the application by the back channel', async () => {
    const browser = new FormBrowser();
    const { refresh_token, id_token, access_token } = await tokens(browser);
    const demo = 'https://interview.localhost:8443/auth/demo';
    const query = new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: demo, state: 'bye' });
    const asked = await browser.visit(`${endpoint('logout')}?${query}`);
    const done = await browser.submit(asked, {}, { until: ({ href }) => href.startsWith(demo) });
    expect(located(done).href).toBe(`${demo}?state=bye`);
    expect(logouts).toHaveLength(1);
    expect(decodeJwt(logouts[0]!)).toMatchObject({ aud: 'ai-video-interview-app', sid: decodeJwt(access_token)['sid'] });
    expect((await refresh(refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
    const nextTime = await browser.visit(authorization(), { until: atCallback });
    expect(nextTime.text).toContain('<h1>Sign in</h1>');
  });

  test('an administrator ends all sessions of a user', async () => {
    const { refresh_token, access_token } = await tokens(undefined, 'david.stone');
    expect(await provider.endSessions('david.stone')).toBeGreaterThan(0);
    expect(logouts.map((token) => decodeJwt(token)['sid'])).toContain(decodeJwt(access_token)['sid']);
    expect(decodeProtectedHeader(logouts[0]!)).toMatchObject({ alg: 'RS256' });
    expect((await refresh(refresh_token)).json).toMatchObject({ error: 'invalid_grant' });
    expect(await provider.endSessions('nobody')).toBe(0);
  });
});

describe('faults on demand', () => {
  test('keys rotate, old tokens stay good until the old key is forgotten, sessions go on', async () => {
    const browser = new FormBrowser();
    const { refresh_token, access_token } = await tokens(browser);
    const names = async () => ((await call(endpoint('certs'))).json as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    const kid = await provider.rotateKeys();
    expect(await names()).toEqual([kid, decodeProtectedHeader(access_token).kid]);
    const next = (await refresh(refresh_token)).json as Tokens;
    expect(decodeProtectedHeader(next.access_token).kid).toBe(kid);
    const last = await provider.rotateKeys(true);
    expect(await names()).toEqual([last]);
    const known = await browser.visit(authorization(), { until: atCallback });
    expect(located(known).searchParams.get('code')).toBeTruthy();
  });

  test('answers come late, wrong or never, and are counted', async () => {
    const discovery = `${provider.issuer}/.well-known/openid-configuration`;
    const before = provider.behaviour.count('discovery');
    provider.behaviour.fault = 503;
    expect((await call(discovery)).status).toBe(503);
    provider.behaviour.fault = 0;
    await expect(call(discovery)).rejects.toThrow();
    provider.behaviour.fault = undefined;
    provider.behaviour.delayMs = Number.POSITIVE_INFINITY;
    await expect(call(discovery, { timeoutMs: 50 })).rejects.toThrow('no answer');
    provider.behaviour.delayMs = 1;
    expect((await call(discovery)).json).toMatchObject({ issuer: provider.issuer, authorization_response_iss_parameter_supported: true });
    provider.behaviour.delayMs = 0;
    expect(provider.behaviour.count('discovery') - before).toBe(4);
    expect((await call(`http://127.0.0.1:${provider.port}/elsewhere`)).status).toBe(404);
  });
});
