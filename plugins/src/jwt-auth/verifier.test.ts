import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import { GenerationCache } from '../lib/generation-cache.js';
import { algorithmSpecs } from './algorithms.js';
import { type Algorithm, algorithms } from './schema.js';
import { setup } from './testing/setup.js';
import { claims, hs256, NOW_S, otherRsa, pem, rs256, rsa } from './testing/tokens.js';

const curves: Partial<Record<Algorithm, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
const longSecret = Buffer.from('x'.repeat(64));

function keysFor(algorithm: Algorithm): {
  sign: KeyObject;
  verify: KeyObject;
  reference: { secret?: string; public_key?: string };
  value: string;
} {
  if (algorithm.startsWith('HS')) {
    const key = createSecretKey(longSecret);
    return { sign: key, verify: key, reference: { secret: 'env:KEY' }, value: longSecret.toString() };
  }
  const curve = curves[algorithm];
  const pair = curve ? generateKeyPairSync('ec', { namedCurve: curve }) : algorithm === 'EdDSA' ? generateKeyPairSync('ed25519') : rsa;
  return { sign: pair.privateKey, verify: pair.publicKey, reference: { public_key: 'env:KEY' }, value: pem(pair.publicKey) };
}

/** A policy whose one key is in env:KEY. */
const single = (algorithm: Algorithm, reference: object, value: string) =>
  setup({ algorithms: [algorithm], keys: [reference] }, undefined, { 'env:KEY': value });

describe('algorithms', () => {
  test.each(algorithms.map((algorithm) => [algorithm]))('%s: takes what jose signs, as PEM and as JWK', async (algorithm) => {
    const { sign, verify, reference, value } = keysFor(algorithm);
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: algorithm })
      .setSubject('u1')
      .setExpirationTime(NOW_S + 60)
      .sign(sign);
    expect(await single(algorithm, reference, value).bearer(token)).toBe('pass u1');
    if (verify.type === 'public') {
      expect(await single(algorithm, reference, JSON.stringify(verify.export({ format: 'jwk' }))).bearer(token)).toBe('pass u1');
    }
    const [head, body, signature = ''] = token.split('.');
    const flipped = Buffer.from(signature, 'base64url');
    flipped[5]! ^= 1;
    expect(await single(algorithm, reference, value).bearer(`${head}.${body}.${flipped.toString('base64url')}`)).toBe('token_invalid');
  });

  test('a key only fits algorithms of its kind', () => {
    const kinds: Record<string, KeyObject> = {
      HS: createSecretKey(longSecret),
      RSA: rsa.publicKey,
      'RSA 1024': generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey,
      'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey,
      secp256k1: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
      Ed25519: generateKeyPairSync('ed25519').publicKey,
      X25519: generateKeyPairSync('x25519').publicKey,
      'RSA private': rsa.privateKey,
    };
    const fitting = (name: string) => algorithms.filter((algorithm) => algorithmSpecs[algorithm].fits(kinds[name]!));
    expect(fitting('HS')).toEqual(['HS256', 'HS384', 'HS512']);
    expect(fitting('RSA')).toEqual(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']);
    expect(fitting('P-256')).toEqual(['ES256']);
    expect(fitting('Ed25519')).toEqual(['EdDSA']);
    for (const name of ['RSA 1024', 'secp256k1', 'X25519', 'RSA private']) expect(fitting(name)).toEqual([]);
  });
});

describe('times', () => {
  test.each([
    [{ exp: NOW_S - 4 }, 'pass u1'],
    [{ exp: NOW_S - 5 }, 'token_expired'],
    [{ exp: NOW_S - 4.5 }, 'pass u1'],
    [{ exp: 0 }, 'token_expired'],
    [{ nbf: NOW_S + 5 }, 'pass u1'],
    [{ nbf: NOW_S + 5.1 }, 'token_invalid'],
    [{ iat: NOW_S + 5 }, 'pass u1'],
    [{ iat: NOW_S + 5.1 }, 'token_invalid'],
    [{ iat: undefined }, 'pass u1'],
  ])('%j with 5 s of skew: %s', async (more, expected) => expect(await setup().bearer(hs256(claims(more)))).toBe(expected));

  test('a token that was remembered ends when its time is up', async () => {
    const { bearer, clock } = setup();
    const token = hs256(claims({ exp: NOW_S + 60 }));
    expect(await bearer(token)).toBe('pass u1');
    await clock.advance(64_999);
    expect(await bearer(token)).toBe('pass u1');
    await clock.advance(1);
    expect(await bearer(token)).toBe('token_expired');
  });

  test('a life that is too long, or not known', async () => {
    const { bearer } = setup({ max_lifetime_seconds: 600 });
    expect(await bearer(hs256(claims({ iat: NOW_S, exp: NOW_S + 600 })))).toBe('pass u1');
    expect(await bearer(hs256(claims({ iat: NOW_S, exp: NOW_S + 601 })))).toBe('token_invalid');
    expect(await bearer(hs256(claims({ iat: undefined })))).toBe('token_invalid');
  });

  test('an expired token with a bad signature is invalid, not expired', async () =>
    expect(await setup().bearer(hs256(claims({ exp: 1 }), {}, 'x'.repeat(32)))).toBe('token_invalid'));
});

describe('issuer, audience, values', () => {
  const config = {
    issuers: ['https://id.example', 'b'],
    audiences: ['app'],
    claim_values: { typ: 'Bearer', 'a.b': 'c' },
    required_claims: ['email'],
  };
  const whole = { iss: 'b', aud: 'app', typ: 'Bearer', a: { b: 'c' }, email: 'e' };

  test.each<[object, string]>([
    [{}, 'pass u1'],
    [{ aud: ['x', 'app'] }, 'pass u1'],
    [{ aud: ['x'] }, 'token_invalid'],
    [{ aud: ['app', 1] }, 'token_invalid'],
    [{ aud: 'application' }, 'token_invalid'],
    [{ aud: undefined }, 'token_invalid'],
    [{ aud: [] }, 'token_invalid'],
    [{ aud: { app: 'app' } }, 'token_invalid'],
    [{ iss: 'https://id.example/' }, 'token_invalid'],
    [{ iss: ['b'] }, 'token_invalid'],
    [{ iss: undefined }, 'token_invalid'],
    [{ typ: 'ID' }, 'token_invalid'],
    [{ a: { b: ['c'] } }, 'token_invalid'],
    [{ a: 'c' }, 'token_invalid'],
    [{ email: undefined }, 'token_invalid'],
    [{ email: null }, 'token_invalid'],
  ])('%j: %s', async (more, expected) => expect(await setup(config).bearer(hs256(claims({ ...whole, ...more })))).toBe(expected));
});

describe('keys', () => {
  test('two secrets overlap during a rotation; without the old one its tokens are refused', async () => {
    const old = hs256(claims(), {}, 'old-secret-old-secret-old-secret-old');
    const during = setup({ keys: [{ secret: 'env:SECRET' }, { secret: 'env:OLD' }] });
    expect([await during.bearer(old), await during.bearer(hs256())]).toEqual(['pass u1', 'pass u1']);
    expect(await setup().bearer(old)).toBe('token_invalid');
  });

  test('a token that names a key is only checked by that one', async () => {
    const named = setup({
      keys: [
        { kid: 'a', secret: 'env:SECRET' },
        { kid: 'b', secret: 'env:OLD' },
      ],
    });
    expect(await named.bearer(hs256(claims(), { kid: 'a' }))).toBe('pass u1');
    expect(await named.bearer(hs256(claims(), { kid: 'b' }))).toBe('token_invalid');
    expect(await named.bearer(hs256())).toBe('pass u1');
  });

  test('a key may be for one algorithm alone', async () => {
    const config = { algorithms: ['RS256', 'PS256'], keys: [{ public_key: 'env:RSA', algorithm: 'PS256' }] };
    expect(await setup(config).bearer(rs256())).toBe('token_invalid');
    expect(await setup({ ...config, keys: [{ public_key: 'env:RSA' }] }).bearer(rs256())).toBe('pass u1');
    expect(await setup({ ...config, keys: [{ public_key: 'env:RSA' }] }).bearer(rs256(claims(), {}, otherRsa.privateKey))).toBe(
      'token_invalid',
    );
  });
});

test('the memory never holds more than its size, and never forgets what was just used', () => {
  const tokens = fc.array(fc.tuple(fc.boolean(), fc.nat(30)), { maxLength: 300 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), tokens, (capacity, steps) => {
      const cache = new GenerationCache<number>(capacity);
      for (const [write, token] of steps) {
        if (write) {
          cache.set(String(token), token);
          expect(cache.get(String(token))).toBe(token);
        } else expect([undefined, token]).toContain(cache.get(String(token)));
        expect(cache.size).toBeLessThanOrEqual(capacity + 1);
      }
    }),
  );
  const none = new GenerationCache<number>(0);
  none.set('a', 1);
  expect(none.get('a')).toBeUndefined();
});

test('a short secret is taken with a warning that does not hold it', async () => {
  const { effects } = setup({ keys: [{ secret: 'env:KEY' }] }, undefined, { 'env:KEY': 'shorty' });
  expect(effects.lines).toMatchObject([{ level: 'warn', fields: { secret: 'env:KEY' } }]);
  expect(JSON.stringify(effects.lines)).not.toContain('shorty');
});

describe('configuration', () => {
  test.each<[object, string]>([
    [{ algorithms: [] }, 'algorithms'],
    [{ algorithms: ['none'] }, 'algorithms[0]'],
    [{ keys: [] }, 'keys'],
    [{ keys: [{}] }, 'keys[0].secret'],
    [{ keys: Array.from({ length: 6 }, () => ({ secret: 'env:SECRET' })) }, 'keys'],
    [{ keys: [{ secret: 'env:A', public_key: 'env:B' }] }, 'keys[0].secret'],
    [{ keys: [{ secret: 'plain-text-secret' }] }, 'keys[0].secret'],
    [{ keys: [{ secret: 'env:NOBODY' }] }, 'keys[0].secret'],
    [{ keys: [{ public_key: 'env:SECRET' }] }, 'keys[0].public_key'],
    [{ keys: [{ public_key: 'env:RSA' }] }, 'keys[0].public_key'],
    [{ algorithms: ['RS256'] }, 'keys[0].secret'],
    [{ jwks: {} }, 'jwks.url'],
    [{ jwks: { url: 'https://a', discover: 'https://b' } }, 'jwks.url'],
    [{ jwks: { url: 'ftp://a' } }, 'jwks.url'],
    [{ clock_skew_seconds: 301 }, 'clock_skew_seconds'],
  ])('%j names %s', (config, path) => expect(() => setup(config)).toThrow(new RegExp(`jwt-auth: ${path.replace(/[[\].]/g, '\\$&')}: `)));

  test.each([
    ['for encryption', { use: 'enc' }],
    ['for other operations', { key_ops: ['encrypt'] }],
    ['for another algorithm', { alg: 'PS512' }],
    ['that is private', rsa.privateKey.export({ format: 'jwk' })],
    ['of a kind that is secret', { kty: 'oct', k: 'AAAA' }],
  ])('a JWK %s is refused', (_name, more) => {
    const jwk = JSON.stringify({ ...rsa.publicKey.export({ format: 'jwk' }), ...more });
    const start = () => setup({ algorithms: ['RS256'], keys: [{ public_key: 'env:KEY' }] }, undefined, { 'env:KEY': jwk });
    expect(start).toThrow('keys[0].public_key');
  });

  test('a private key is refused where a public one belongs, and is in no message', () => {
    const secret = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const start = () => setup({ algorithms: ['RS256'], keys: [{ public_key: 'env:KEY' }] }, undefined, { 'env:KEY': secret });
    expect(start).toThrow('keys[0].public_key');
    expect(start).not.toThrow('PRIVATE');
  });
});
