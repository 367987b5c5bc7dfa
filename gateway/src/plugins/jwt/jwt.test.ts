import crypto from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type FakeRequest, fakeEnvironment, fakeExchange } from '../testing/fake-exchange.js';
import { jwt } from './index.js';
import { decodeToken } from './token.js';

const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
const curves = Object.fromEntries(Object.entries(ec).map(([name, namedCurve]) => [name, crypto.generateKeyPairSync('ec', { namedCurve })]));
const ed = crypto.generateKeyPairSync('ed25519');
const pem = (key: crypto.KeyObject): string => String(key.export({ type: 'spki', format: 'pem' }));
const secretOf = (key: string, algorithm: string, fields: Record<string, unknown>) => ({
  key,
  algorithm,
  consumer: { id: 'a1' },
  ...fields,
});

const people = {
  consumers: [
    { id: 'a1', username: 'alice' },
    { id: 'anon', username: 'anon' },
  ],
  credentials: {
    jwt_secrets: [
      ...['HS256', 'HS384', 'HS512'].map((alg) => secretOf(alg, alg, { secret: 'sekret' })),
      ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map((alg) => secretOf(alg, alg, { rsa_public_key: pem(rsa.publicKey) })),
      ...Object.entries(curves).map(([alg, pair]) => secretOf(alg, alg, { rsa_public_key: pem(pair.publicKey) })),
      secretOf('EdDSA', 'EdDSA', { rsa_public_key: pem(ed.publicKey) }),
      secretOf('broken', 'RS256', { rsa_public_key: 'no key' }),
    ],
  },
};

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function signatureFor(alg: string, data: Buffer, secret: string | Buffer): Buffer {
  const digest = `sha${alg.slice(2)}`;
  if (alg.startsWith('HS')) return crypto.createHmac(digest, secret).update(data).digest();
  if (alg.startsWith('RS')) return crypto.sign(digest, data, rsa.privateKey);
  if (alg.startsWith('PS')) return crypto.sign(digest, data, { key: rsa.privateKey, padding: crypto.constants.RSA_PKCS1_PSS_PADDING });
  if (alg === 'EdDSA') return crypto.sign(null, data, ed.privateKey);
  return crypto.sign(digest, data, { key: curves[alg]!.privateKey, dsaEncoding: 'ieee-p1363' });
}

function tokenOf(claims: unknown, alg = 'HS256', header: object = {}, secret: string | Buffer = 'sekret'): string {
  const signed = `${encode({ typ: 'JWT', alg, ...header })}.${encode(claims)}`;
  return `${signed}.${signatureFor(alg, Buffer.from(signed), secret).toString('base64url')}`;
}

const defaults = {
  uri_param_names: ['jwt'],
  cookie_names: ['sess'],
  header_names: ['authorization'],
  key_claim_name: 'iss',
  secret_is_base64: false,
  claims_to_verify: null,
  anonymous: null,
  run_on_preflight: true,
  maximum_expiration: 0,
  realm: null,
};

async function ask(config: Record<string, unknown>, request: FakeRequest | string) {
  const exchange = fakeExchange(typeof request === 'string' ? { headers: { Authorization: `Bearer ${request}` } } : request);
  const exit = await jwt.create({ ...defaults, ...config }, fakeEnvironment(people)).access?.(exchange);
  const body = exit ? JSON.parse(String(exit.body)) : null;
  return { said: body ? (body.message ?? body) : exchange.consumer?.username, exit, exchange };
}

const good = tokenOf({ iss: 'HS256' });

test.each(people.credentials.jwt_secrets.map(({ key }) => key).filter((key) => key !== 'broken'))('%s', async (alg) => {
  expect((await ask({}, tokenOf({ iss: alg }, alg))).said).toBe('alice');
  const other = alg.startsWith('HS')
    ? tokenOf({ iss: alg }, alg, {}, 'wrong')
    : tokenOf({ iss: alg }, alg).replace(/\.[^.]+\./, `.${encode({ iss: alg, x: 1 })}.`);
  expect((await ask({}, other)).said).toBe('Invalid signature');
});

describe('refusals', () => {
  const unsigned = `${encode({ alg: 'none' })}.${encode({ iss: 'HS256' })}.`;
  test.each([
    ['abc', 'Bad token; invalid JSON'],
    ['a.b.c', 'Bad token; invalid JSON'],
    [unsigned, 'Bad token; invalid alg'],
    [`${encode({ alg: 'toString' })}.${encode({})}.`, 'Bad token; invalid alg'],
    [`${good}.x`, 'Bad token; invalid signature'],
    [tokenOf({}), "No mandatory 'iss' in claims"],
    [tokenOf({ iss: '' }), "Invalid 'iss' in claims"],
    [tokenOf({ iss: 'nobody' }), "No credentials found for given 'iss'"],
    [tokenOf({ iss: 7 }), "No credentials found for given 'iss'"],
    [tokenOf({ iss: 'RS256' }, 'HS256', {}, pem(rsa.publicKey)), 'Invalid algorithm'],
    [tokenOf({ iss: 'HS512' }), 'Invalid algorithm'],
    [tokenOf({ iss: 'broken' }, 'RS256'), 'Invalid key/secret'],
  ])('%.40s: %s', async (token, said) => {
    const result = await ask({}, token);
    expect(result.said).toBe(said);
    expect(result.exit).toMatchObject({ status: 401, headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } });
  });

  test('a signature that can’t be one fails the request, as in Kong', () => {
    const token = `${tokenOf({ iss: 'ES256' }, 'ES256').split('.').slice(0, 2).join('.')}.AAAA`;
    const plugin = jwt.create(defaults, fakeEnvironment(people));
    expect(() => plugin.access?.(fakeExchange({ headers: { Authorization: `Bearer ${token}` } }))).toThrow('Signature must be 64 bytes.');
  });

  test('realm', async () => {
    expect((await ask({ realm: 'r' }, {})).exit).toMatchObject({
      body: '{"message":"Unauthorized"}',
      headers: { 'WWW-Authenticate': 'Bearer realm="r"' },
    });
  });
});

describe('where the token is found', () => {
  test.each([
    [{ target: `/?jwt=${good}` }, 'alice'],
    [{ headers: { Cookie: `a=1; sess=${good}; b=2` } }, 'alice'],
    [{ headers: { Cookie: ['a=1', `SESS = ${good}`] } }, 'alice'],
    [{ headers: { Authorization: `bearer   ${good}` }, target: `/?jwt=${good}` }, 'alice'],
    [{ headers: { Authorization: `Bearer ${good}` }, target: `/?jwt=${tokenOf({ iss: 'HS256', x: 1 })}` }, 'Multiple tokens provided'],
    [{ target: '/?jwt=a&jwt=b' }, 'Multiple tokens provided'],
    [{ target: '/?jwt' }, 'Unrecognizable token'],
    [{ target: '/?jwt=' }, 'Unauthorized'],
    [{ headers: { Authorization: 'Bearer' } }, 'Unauthorized'],
    [{ headers: { Authorization: good } }, 'Unauthorized'],
  ] as [FakeRequest, string][])('%.60j: %s', async (request, said) => {
    expect((await ask({}, request)).said).toBe(said);
  });
});

describe('claims', () => {
  const now = 1_700_000_000;
  const both = { claims_to_verify: ['exp', 'nbf'] };
  test.each([
    [both, { exp: now + 1, nbf: now }, 'alice'],
    [both, { exp: now, nbf: now + 1 }, { exp: 'token expired', nbf: 'token not valid yet' }],
    [both, { exp: 'x' }, { exp: 'must be a number', nbf: 'must be a number' }],
    [{}, { exp: 1 }, 'alice'],
    [{ maximum_expiration: 60 }, { exp: now + 60 }, 'alice'],
    [{ maximum_expiration: 60 }, { exp: now + 61 }, { exp: 'exceeds maximum allowed expiration' }],
    [{ maximum_expiration: 60 }, {}, { exp: 'exceeds maximum allowed expiration' }],
  ] as [Record<string, unknown>, object, unknown][])('%j on %j: %j', async (config, claims, said) => {
    expect((await ask(config, tokenOf({ iss: 'HS256', ...claims }))).said).toEqual(said);
  });

  test('key_claim_name, in claims or header', async () => {
    expect((await ask({ key_claim_name: 'kid' }, tokenOf({}, 'HS256', { kid: 'HS256' }))).said).toBe('alice');
    expect((await ask({ key_claim_name: 'kid' }, tokenOf({ kid: 'HS256' }, 'HS256', { kid: 'nobody' }))).said).toBe('alice');
    expect((await ask({ key_claim_name: 'constructor' }, good)).said).toBe("No mandatory 'constructor' in claims");
  });

  test('secret_is_base64', async () => {
    const token = tokenOf({ iss: 'HS256' }, 'HS256', {}, Buffer.from('sekret', 'base64url'));
    expect((await ask({ secret_is_base64: true }, token)).said).toBe('alice');
  });
});

test('anonymous, preflight, and the token for other plugins', async () => {
  expect((await ask({ anonymous: 'anon' }, 'abc')).exchange.consumer?.id).toBe('anon');
  expect((await ask({ run_on_preflight: false }, { method: 'OPTIONS' })).exit).toBeUndefined();
  expect((await ask({}, good)).exchange.shared.get('authenticated_jwt_token')).toBe(good);
});

test('any text is a token or none', () => {
  const part = fc.oneof(
    fc.string(),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
  );
  fc.assert(fc.property(fc.array(part, { maxLength: 4 }), (parts) => void decodeToken(parts.join('.'))));
});
