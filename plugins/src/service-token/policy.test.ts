import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Answer, type Pass, RequestContext } from '@gatehouse/policy';
import { type FakeRequest, fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { calculateJwkThumbprint, createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { createLink } from '../link.js';
import { serviceToken } from './index.js';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = (key: KeyObject): string => key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();

function setup(config: object = {}, secrets: Record<string, string> = {}) {
  const effects = fakeEffects({ 'env:KEY': pemOf(ec.privateKey), ...secrets });
  const { instance } = createLink(serviceToken, { key: 'env:KEY', issuer: 'https://gw', ...config }, effects);
  const { clock } = effects;
  const token = (request: FakeRequest = {}) => {
    const decision = instance.decide(fakeFacts(request), new RequestContext(), clock.now()) as Pass;
    return decision.setHeaders?.[0]?.[1];
  };
  const keySet = (): JSONWebKeySet => {
    const server = createLink(serviceToken, { key: 'env:KEY', issuer: 'https://gw', ...config, serve_jwks: true }, effects);
    const answer = server.instance.decide(fakeFacts(), new RequestContext(), 0) as Answer;
    return JSON.parse(String(answer.body)) as JSONWebKeySet;
  };
  const verified = (given: string, audience: string) =>
    jwtVerify(given, createLocalJWKSet(keySet()), { issuer: 'https://gw', audience, currentDate: new Date(clock.now()) });
  return { token, keySet, verified, clock, instance };
}

describe('the token', () => {
  const pairs = [
    ['ES256', ec],
    ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['EdDSA', generateKeyPairSync('ed25519')],
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ] as const;

  test.each(pairs)('%s: holds by the key set, from PEM and from JWK', async (alg, pair) => {
    const jwk = JSON.stringify(pair.privateKey.export({ format: 'jwk' }));
    for (const key of [pemOf(pair.privateKey), jwk]) {
      const { token, verified, clock } = setup({}, { 'env:KEY': key });
      const { payload, protectedHeader } = await verified(token({ service: 'content' })!, 'content');
      const iat = Math.floor(clock.now() / 1000);
      expect(payload).toMatchObject({ iss: 'https://gw', sub: 'https://gw', aud: 'content', iat, exp: iat + 60 });
      expect(protectedHeader).toEqual({ alg, typ: 'JWT', kid: await calculateJwkThumbprint(pair.publicKey.export({ format: 'jwk' })) });
    }
  });

  test('is for one service', async () => {
    const { token, verified } = setup();
    await expect(verified(token({ service: 'a' })!, 'b')).rejects.toMatchObject({ code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
    expect(setup({ audience: 'x' }).token({ service: null })).toBeDefined();
    expect(setup().token({ service: null })).toBeUndefined();
  });

  test('serves for half its life, and never longer when the clock goes back', async () => {
    const { token, clock, instance } = setup();
    const first = token();
    await clock.advance(29_999);
    expect(token()).toBe(first);
    await clock.advance(1);
    const second = token();
    expect(second).not.toBe(first);
    const earlier = instance.decide(fakeFacts(), new RequestContext(), clock.now() - 3_600_000) as Pass;
    expect(earlier.setHeaders?.[0]?.[1]).not.toBe(second);
  });

  test('takes the place of what the client sent', () => {
    const { instance, clock } = setup({ header: 'X-Gateway' });
    expect(instance.decide(fakeFacts(), new RequestContext(), clock.now())).toMatchObject({ removeHeaders: ['x-gateway'] });
  });
});

describe('the key set', () => {
  test('has public parts alone, retired keys as well', () => {
    const old = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { keySet } = setup({ retired: ['env:OLD', 'env:OLDER'] }, { 'env:OLD': pemOf(old.publicKey), 'env:OLDER': pemOf(ec.privateKey) });
    const { keys } = keySet();
    expect(keys.map((key) => key.alg)).toEqual(['ES256', 'RS256', 'ES256']);
    for (const key of keys) for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(key).not.toHaveProperty(name);
  });

  test('is there to be read only', () => {
    const { instance } = setup({ serve_jwks: true });
    const ask = (method: string) => instance.decide(fakeFacts({ method }), new RequestContext(), 0);
    expect(ask('HEAD')).toMatchObject({ kind: 'answer', status: 200 });
    expect(ask('POST')).toMatchObject({ kind: 'deny', code: 'method_not_allowed', headers: [['Allow', 'GET, HEAD']] });
  });
});

test.each<[object, Record<string, string>, string]>([
  [{ key: 'env:NOBODY' }, {}, 'key'],
  [{}, { 'env:KEY': 'nonsense' }, 'key'],
  [{}, { 'env:KEY': pemOf(ec.publicKey) }, 'key'],
  [{}, { 'env:KEY': pemOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey) }, 'key'],
  [{}, { 'env:KEY': pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey) }, 'key'],
  [{ retired: ['env:OLD'] }, { 'env:OLD': '{}' }, 'retired[0]'],
  [{ issuer: '' }, {}, 'issuer'],
])('%j names what is wrong', (config, secrets, path) => expect(() => setup(config, secrets)).toThrow(`service-token: ${path}: `));
