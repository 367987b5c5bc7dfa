import { generateKeyPairSync } from 'node:crypto';
import { call, FormBrowser } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { atCallback, LogoutListener, located, RelyingParty, type Tokens } from '../../../test/support/identity/relying-party.js';
import { identitySuite } from '../../../test/support/identity/suite.js';
import { type RunningProvider, startProvider } from './provider.js';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let provider: RunningProvider;
let logouts: LogoutListener;
const party = new RelyingParty(() => provider.issuer);

beforeAll(async () => {
  logouts = await LogoutListener.start();
  provider = await startProvider({ port: 0, key, backchannelLogoutUri: () => logouts.url });
});
afterAll(async () => {
  await provider.close();
  logouts.close();
});

identitySuite('the embedded provider', () => ({ issuer: provider.issuer, logouts, endSessions: (name) => provider.endSessions(name) }));

describe('the log-in page', () => {
  test('runs no script, holds nothing from elsewhere, and shows what was typed as text', async () => {
    const browser = new FormBrowser();
    const form = await browser.visit(party.authorization());
    expect(form.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(form.text).toContain('<label for="username">');
    expect(form.text).not.toContain('<script');
    const again = await browser.submit(form, { username: '<b>"mina.park', password: 'no' });
    expect(again.text).toContain('Wrong user name or password');
    expect(again.text).toContain('value="&#60;b&#62;&#34;mina.park"');
  });

  test('a form from elsewhere, without its cookie or too large is refused', async () => {
    const browser = new FormBrowser();
    const form = await browser.visit(party.authorization());
    const fields = { username: 'mina.park', password: 'password' };
    expect((await browser.submit(form, fields, { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    expect((await browser.submit(form, fields, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await new FormBrowser().submit(form, fields)).status).toBe(400);
    expect((await browser.submit(form, { ...fields, password: 'x'.repeat(9000) })).status).toBe(413);
    expect((await browser.visit(form.url, { method: 'DELETE' })).status).toBe(405);
    const json = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };
    expect((await browser.visit(form.url, json)).status).toBe(415);
  });
});

describe('hooks for tests', () => {
  test('the given key signs, under its thumbprint', async () => {
    const { access_token } = await party.tokens();
    const { keys } = (await call(party.endpoint('certs'))).json as { keys: { kid: string; d?: string }[] };
    expect(keys.map(({ kid }) => kid)).toEqual([decodeProtectedHeader(access_token).kid]);
    expect(keys[0]).not.toHaveProperty('d');
  });

  test('keys rotate, old tokens stay good until the old key is forgotten, sessions go on', async () => {
    const browser = new FormBrowser();
    const { refresh_token, access_token } = await party.tokens(browser);
    const names = async () => ((await call(party.endpoint('certs'))).json as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    const kid = await provider.rotateKeys();
    expect(await names()).toEqual([kid, decodeProtectedHeader(access_token).kid]);
    const next = (await party.refresh(refresh_token)).json as Tokens;
    expect(decodeProtectedHeader(next.access_token).kid).toBe(kid);
    const last = await provider.rotateKeys(true);
    expect(await names()).toEqual([last]);
    const known = await browser.visit(party.authorization(), { until: atCallback });
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

  test('an administrator finds the sessions that there are', async () => {
    const { access_token } = await party.tokens(undefined, 'ana.silva');
    expect(await provider.endSessions('ana.silva')).toBeGreaterThan(0);
    expect(logouts.tokens.map((token) => decodeJwt(token)['sid'])).toContain(decodeJwt(access_token)['sid']);
    expect([await provider.endSessions('ana.silva'), await provider.endSessions('nobody')]).toEqual([0, 0]);
  });
});
