import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createLink, serviceToken } from '@gatehouse/plugins';
import { type Answer, RequestContext } from '@gatehouse/policy';
import { fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { SigningKeys, type SigningSettings, signingSettings } from './signing-keys.js';

const pem = (key: KeyObject): string => key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();
const [ec, next, ed, rsa] = [
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('ed25519'),
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
] as const;

function setup(more: Partial<SigningSettings> = {}, files: Record<string, string> = {}) {
  const effects = fakeEffects({ 'file:/key': pem(ec.privateKey), ...files });
  const settings: SigningSettings = { issuer: 'sidecar', key: 'file:/key', retired: [], ...more };
  const keys = new SigningKeys(settings, effects);
  const set = (): JSONWebKeySet => JSON.parse(keys.keySet) as JSONWebKeySet;
  const verified = (token: string, by = set(), audience = 'auth') =>
    jwtVerify(token, createLocalJWKSet(by), { issuer: 'sidecar', audience, currentDate: new Date(effects.clock.now()) });
  return { ...effects, keys, set, verified, settings };
}

describe('the sidecar’s keys', () => {
  test.each([
    ['ES256', ec],
    ['EdDSA', ed],
    ['RS256', rsa],
  ] as const)('%s: a token holds by the key set, for its service and for a minute', async (alg, pair) => {
    const { keys, verified, clock, set } = setup({}, { 'file:/key': pem(pair.privateKey) });
    const token = keys.serviceToken('auth');
    expect((await verified(token)).protectedHeader).toMatchObject({ alg, kid: set().keys[0]?.kid });
    await expect(verified(token, set(), 'other')).rejects.toThrow();
    await clock.advance(61_000);
    await expect(verified(token)).rejects.toThrow();
  });

  test('stand in the same form as the gateway’s service-token has them', () => {
    const retired = { 'file:/next': pem(next.publicKey) };
    const { set } = setup({ retired: ['file:/next'] }, retired);
    const effects = fakeEffects({ 'file:/key': pem(ec.privateKey), ...retired });
    const config = { key: 'file:/key', retired: ['file:/next'], issuer: 'gateway', serve_jwks: true };
    const { instance } = createLink(serviceToken, config, effects);
    const answer = instance.decide(fakeFacts(), new RequestContext(), 0) as Answer;
    expect(set()).toEqual(JSON.parse(String(answer.body)));
  });

  test('are rotated without a restart: the next one is known before it signs, the last one after', async () => {
    const files = { 'file:/other': pem(next.publicKey) };
    const { keys, vault, clock, set, verified } = setup({ retired: ['file:/other'] }, files);
    const [before, published] = [keys.serviceToken('auth'), set()];
    vault.set('file:/key', pem(next.privateKey));
    vault.set('file:/other', pem(ec.publicKey));
    await clock.advance(60_000);
    const after = keys.serviceToken('auth');
    expect(after.split('.')[0]).not.toBe(before.split('.')[0]);
    await verified(after, published);
    expect(
      set()
        .keys.map(({ kid }) => kid)
        .sort(),
    ).toEqual(published.keys.map(({ kid }) => kid).sort());
  });

  test('stay what they were while they can not be read', async () => {
    const { keys, vault, clock, set, lines } = setup();
    const known = set();
    vault.set('file:/key', 'half a fi');
    await clock.advance(60_000);
    expect(set()).toEqual(known);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error' }));
    vault.set('file:/key', pem(ed.privateKey));
    await clock.advance(60_000);
    expect(set()).not.toEqual(known);
    keys.close();
    expect(clock.waiting).toBe(0);
  });

  test('are public in the set, whatever was given', () => {
    const { set } = setup({ retired: ['file:/a', 'file:/b'] }, { 'file:/a': pem(rsa.privateKey), 'file:/b': pem(ed.publicKey) });
    expect(set().keys.map(({ alg }) => alg)).toEqual(['ES256', 'RS256', 'EdDSA']);
    for (const key of set().keys) for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(name);
  });

  test.each<[string, Partial<SigningSettings>, string]>([
    ['a shared secret', { key: 'file:/secret' }, 'file:/secret'],
    ['a shared secret as JWK', { key: 'file:/oct' }, 'file:/oct'],
    ['a shared secret among the retired', { retired: ['file:/oct'] }, 'file:/oct'],
    ['a short RSA key', { key: 'file:/short' }, 'file:/short'],
    ['nothing', { key: 'file:/none' }, 'file:/none'],
  ])('%s is refused, by name and never by value', (_what, settings, named) => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const oct = JSON.stringify({ kty: 'oct', k: 'c2VjcmV0LXNlY3JldA', alg: 'HS256' });
    const files = { 'file:/secret': 'gongbu-secret', 'file:/oct': oct, 'file:/short': pem(short.privateKey) };
    expect(() => setup(settings, files)).toThrow(named);
    expect(() => setup(settings, files)).toThrow(/^(?!.*(gongbu-secret|c2Vjc))/s);
  });

  test('are made up where none is named, and that is said', async () => {
    const { keys, verified, lines } = setup({ key: null });
    await verified(keys.serviceToken('auth'));
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn' }));
  });
});

test('settings: a file wins; the variable itself may hold the key', () => {
  expect(signingSettings({})).toEqual({ issuer: 'gatehouse-auth-sidecar', key: null, retired: [] });
  const file = { AUTH_SIDECAR_SIGNING_KEY_FILE: '/k.pem', AUTH_SIDECAR_RETIRED_KEY_FILES: '/a.pem, /b.pem' };
  expect(signingSettings({ ...file, AUTH_SIDECAR_SIGNING_KEY: 'x' })).toMatchObject({
    key: 'file:/k.pem',
    retired: ['file:/a.pem', 'file:/b.pem'],
  });
  expect(signingSettings({ AUTH_SIDECAR_SIGNING_KEY: 'x' })).toMatchObject({ key: 'env:AUTH_SIDECAR_SIGNING_KEY' });
  expect(() => signingSettings({ AUTH_SIDECAR_RETIRED_KEY_FILES: Array(11).fill('/a').join(',') })).toThrow(
    'AUTH_SIDECAR_RETIRED_KEY_FILES',
  );
});
