import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { fetchText } from './fetch-text.js';
import type { FetchText } from './key-set.js';
import { setup } from './testing/setup.js';
import { b64, claims, NOW_S, otherRsa, rs256, rsa } from './testing/tokens.js';

const jwk = (key = rsa.publicKey, more: object = {}) => ({
  ...key.export({ format: 'jwk' }),
  kid: 'k1',
  use: 'sig',
  alg: 'RS256',
  ...more,
});
const setOf = (...keys: object[]): string => JSON.stringify({ keys });
const token = (kid: string | undefined = 'k1', key = rsa.privateKey) =>
  rs256(claims({ exp: NOW_S + 200_000 }), kid === undefined ? {} : { kid }, key);

/** A provider whose answer a test sets: a text, an error, or nothing for ever. */
function provider(first: string | Error | null) {
  const state = { answer: first };
  const fetchText = jest.fn<FetchText>(async () => {
    if (state.answer === null) return new Promise(() => {});
    if (state.answer instanceof Error) throw state.answer;
    return state.answer;
  });
  const config = { algorithms: ['RS256', 'ES256'], keys: [], jwks: { url: 'https://id.example/jwks' } };
  return { state, fetchText, ...setup(config, fetchText) };
}

describe('a key set', () => {
  test('is fetched once, at the start, and shared by all who wait for it', async () => {
    const { bearer, fetchText } = provider(setOf(jwk()));
    expect(await Promise.all(Array.from({ length: 50 }, () => bearer(token())))).toEqual(Array(50).fill('pass u1'));
    expect(fetchText).toHaveBeenCalledTimes(1);
    expect(fetchText).toHaveBeenCalledWith('https://id.example/jwks', { timeoutMs: 3000, maxBytes: 262_144 });
  });

  test('is refreshed in the background: a new key is known before any token has it', async () => {
    const { bearer, fetchText, state, clock } = provider(setOf(jwk()));
    await bearer(token());
    state.answer = setOf(jwk(), jwk(otherRsa.publicKey, { kid: 'k2' }));
    await clock.advance(300_000);
    expect(fetchText).toHaveBeenCalledTimes(2);
    expect(await bearer(token('k2', otherRsa.privateKey))).toBe('pass u1');
    expect(await bearer(token())).toBe('pass u1');
    expect(fetchText).toHaveBeenCalledTimes(2);
  });

  test('a key that was taken away is out of use with the next refresh, for remembered tokens as well', async () => {
    const { bearer, state, clock } = provider(setOf(jwk()));
    const known = token();
    expect(await bearer(known)).toBe('pass u1');
    state.answer = setOf(jwk(otherRsa.publicKey, { kid: 'k2' }));
    await clock.advance(300_000);
    expect(await bearer(known)).toBe('token_invalid');
  });

  test('another key under the same name is another key', async () => {
    const { bearer, state, clock } = provider(setOf(jwk()));
    const known = token();
    expect(await bearer(known)).toBe('pass u1');
    state.answer = setOf(jwk(otherRsa.publicKey));
    await clock.advance(300_000);
    expect(await bearer(known)).toBe('token_invalid');
  });

  test('a rotation is noticed by the first token with the new key', async () => {
    const { bearer, fetchText, state, clock } = provider(setOf(jwk()));
    await bearer(token());
    state.answer = setOf(jwk(), jwk(otherRsa.publicKey, { kid: 'k2' }));
    await clock.advance(30_000);
    expect(await bearer(token('k2', otherRsa.privateKey))).toBe('pass u1');
    expect(fetchText).toHaveBeenCalledTimes(2);
  });

  test('a flood of unknown names costs one fetch per cool-down', async () => {
    const { bearer, fetchText, clock } = provider(setOf(jwk()));
    await bearer(token());
    for (let round = 1; round <= 3; round++) {
      await clock.advance(30_000);
      const said = await Promise.all(Array.from({ length: 100 }, (_, i) => bearer(token(`x${round}-${i}`))));
      expect(new Set(said)).toEqual(new Set(['token_invalid']));
      // One after the other as well, when no fetch is under way.
      for (let i = 0; i < 20; i++) expect(await bearer(token(`y${round}-${i}`))).toBe('token_invalid');
      expect(fetchText).toHaveBeenCalledTimes(1 + round);
    }
  });

  test('a token that names no key is checked by those that fit', async () => {
    const { bearer } = provider(setOf(jwk(otherRsa.publicKey, { kid: 'k2' }), jwk()));
    expect(await bearer(token(undefined))).toBe('pass u1');
  });
});

describe('a provider that is away', () => {
  test('with no key set ever: 503, one attempt per cool-down, and back by itself', async () => {
    const { bearer, fetchText, state, clock } = provider(new Error('refused'));
    const said = await Promise.all(Array.from({ length: 50 }, () => bearer(token())));
    expect(new Set(said)).toEqual(new Set(['undecided']));
    expect(await bearer(token())).toBe('undecided');
    expect(fetchText).toHaveBeenCalledTimes(1);
    state.answer = setOf(jwk());
    await clock.advance(30_000);
    expect(await bearer(token())).toBe('pass u1');
    expect(fetchText).toHaveBeenCalledTimes(2);
  });

  test('the last good set is kept for a day, not longer', async () => {
    const { bearer, state, clock } = provider(setOf(jwk()));
    expect(await bearer(token())).toBe('pass u1');
    state.answer = new Error('refused');
    await clock.advance(86_400_000 - 1000);
    expect(await bearer(rs256(claims({ iat: NOW_S, exp: NOW_S + 200_000, n: 1 }), { kid: 'k1' }))).toBe('pass u1');
    await clock.advance(2000);
    expect(await bearer(rs256(claims({ iat: NOW_S, exp: NOW_S + 200_000, n: 2 }), { kid: 'k1' }))).toBe('undecided');
  });

  test.each<[string, string]>([
    ['no JSON', '<html>'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['no keys', '{"keys":[]}'],
    ['keys that are no list', '{"keys":{"0":{}}}'],
    [
      'keys of other kinds',
      setOf({ kty: 'oct', k: b64('secret'), kid: 'k1' }, { kty: 'XYZ' }, null as unknown as object, 7 as unknown as object),
    ],
    ['private keys', setOf({ ...rsa.privateKey.export({ format: 'jwk' }), kid: 'k1' })],
    ['keys for encryption', setOf(jwk(rsa.publicKey, { use: 'enc' }), jwk(rsa.publicKey, { key_ops: ['encrypt'] }))],
    ['keys for other algorithms', setOf(jwk(rsa.publicKey, { alg: 'RSA-OAEP' }))],
    ['short keys', setOf(jwk(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey))],
    ['broken keys', setOf({ kty: 'RSA', n: '!!', e: '' }, { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' })],
    ['names that are no text', setOf(jwk(rsa.publicKey, { kid: 1 }))],
  ])('garbage (%s) changes nothing', async (_name, garbage) => {
    const { bearer, state, clock } = provider(setOf(jwk()));
    expect(await bearer(token())).toBe('pass u1');
    state.answer = garbage;
    await clock.advance(600_000);
    expect(await bearer(rs256(claims({ exp: NOW_S + 200_000, n: 1 }), { kid: 'k1' }))).toBe('pass u1');
  });

  test('of a set with 10 000 keys the first hundred count', async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => jwk(otherRsa.publicKey, { kid: `x${i}` }));
    const { bearer } = provider(setOf(...many, jwk()));
    expect(await bearer(token('x99', otherRsa.privateKey))).toBe('pass u1');
    expect(await bearer(token())).toBe('token_invalid');
  });
});

describe('discovery', () => {
  const discover = (document: string, issuer = 'https://id.example/realms/a') => {
    const asked: string[] = [];
    const fetch: FetchText = async (url) => {
      asked.push(url);
      return url.endsWith('/openid-configuration') ? document : setOf(jwk());
    };
    return { asked, ...setup({ algorithms: ['RS256'], keys: [], jwks: { discover: issuer } }, fetch) };
  };

  test('finds the key set', async () => {
    const { bearer, asked } = discover(JSON.stringify({ issuer: 'https://id.example/realms/a', jwks_uri: 'https://keys.example/certs' }));
    expect(await bearer(token())).toBe('pass u1');
    expect(asked).toEqual(['https://id.example/realms/a/.well-known/openid-configuration', 'https://keys.example/certs']);
  });

  test.each([
    [{ issuer: 'https://other.example', jwks_uri: 'https://keys.example' }],
    [{ issuer: 'https://id.example/realms/a' }],
    [{ issuer: 'https://id.example/realms/a', jwks_uri: 'file:///etc/passwd' }],
    [[]],
  ])('does not follow %j', async (document) => expect(await discover(JSON.stringify(document)).bearer(token())).toBe('undecided'));
});

describe('fetching', () => {
  const server = http.createServer((request, response) => {
    if (request.url === '/good') return response.end('{"keys":[]}');
    if (request.url === '/large') return response.end(Buffer.alloc(10_000_000));
    if (request.url === '/moved') return response.writeHead(302, { location: '/good' }).end();
    if (request.url === '/error') return response.writeHead(500).end('oops');
    return undefined;
  });
  const listening = new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const ask = async (path: string, timeoutMs = 2000) => fetchText((await listening) + path, { timeoutMs, maxBytes: 262_144 });

  test('gives the text of a 200', async () => expect(await ask('/good')).toBe('{"keys":[]}'));
  test.each([['/large'], ['/moved'], ['/error']])('%s fails', async (path) => expect(ask(path)).rejects.toThrow());
  test('one that never answers fails in time', async () => expect(ask('/silent', 30)).rejects.toThrow());
});
