/** Tokens that must not pass, one row per trick. Every row is a 401 and leaves no identity. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { setup } from './testing/setup.js';
import { b64, claims, hs256, NOW_S, otherRsa, pem, raw, rs256, rsa, SECRET } from './testing/tokens.js';

const both = { algorithms: ['HS256', 'RS256'], keys: [{ secret: 'env:SECRET' }, { public_key: 'env:RSA' }] };
const good = hs256();
const [head = '', body = '', signature = ''] = good.split('.');
const publicJwk = otherRsa.publicKey.export({ format: 'jwk' });

/** Last characters of base64url that decode to the same bytes. */
function otherSpelling(part: string): string {
  const last = part.at(-1)!;
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const same = [...alphabet].find(
    (char) => char !== last && Buffer.from(part.slice(0, -1) + char, 'base64url').equals(Buffer.from(part, 'base64url')),
  );
  return part.slice(0, -1) + same;
}

const firstBytes = (part: string, count: number): string => Buffer.from(part, 'base64url').subarray(0, count).toString('base64url');

test('the good one passes', async () => expect(await setup(both).bearer(good)).toBe('pass u1'));

describe('algorithms', () => {
  const rows: [string, string][] = [
    ['none', `${b64({ alg: 'none' })}.${b64(claims())}.`],
    ['none with a signature', `${b64({ alg: 'none' })}.${b64(claims())}.${signature}`],
    ['None', `${b64({ alg: 'None' })}.${b64(claims())}.AA`],
    ['nOnE', `${b64({ alg: 'nOnE' })}.${b64(claims())}.AA`],
    ['no alg', raw({ typ: 'JWT' }, claims())],
    ['alg null', raw({ alg: null }, claims())],
    ['alg in a list', raw({ alg: ['HS256'] }, claims())],
    ['alg in other case', raw({ alg: 'hs256' }, claims())],
    ['an inherited name', raw({ alg: 'constructor' }, claims())],
    ['one that is not listed, with the right secret', raw({ alg: 'HS512' }, claims(), SECRET, 'sha512')],
    ['HS256 that is HS512', raw({ alg: 'HS256' }, claims(), SECRET, 'sha512')],
    ['RS256 that is HS256', raw({ alg: 'RS256' }, claims())],
    ['an RSA public key (PEM) as a secret', hs256(claims(), {}, pem(rsa.publicKey))],
    ['the PEM without its last line break', hs256(claims(), {}, pem(rsa.publicKey).trim())],
    ['an RSA public key (DER) as a secret', hs256(claims(), {}, rsa.publicKey.export({ format: 'der', type: 'spki' }))],
    ['an empty secret', hs256(claims(), {}, '')],
    ['a secret with a line break', hs256(claims(), {}, `${SECRET}\n`)],
    ['another RSA key', rs256(claims(), {}, otherRsa.privateKey)],
    ['PS256 where RS256 is listed', `${b64({ alg: 'PS256' })}.${body}.${signature}`],
  ];
  test.each(rows)('%s', async (_name, token) => expect(await setup(both).bearer(token)).toBe('token_invalid'));
});

describe('keys brought along', () => {
  const own = (header: object) => rs256(claims(), header, otherRsa.privateKey);
  const rows: [string, string][] = [
    ['jwk', own({ jwk: publicJwk })],
    ['jku', own({ jku: 'https://attacker.example/jwks.json' })],
    ['x5u', own({ x5u: 'https://attacker.example/cert.pem' })],
    ['x5c', own({ x5c: ['MIIB'] })],
    ['jwk, though the signature is good', rs256(claims(), { jwk: publicJwk })],
    ['jku, though the signature is good', hs256(claims(), { jku: 'https://here.example' })],
    ['x5u, though the signature is good', hs256(claims(), { x5u: 'https://here.example/cert.pem' })],
    ['x5c, though the signature is good', rs256(claims(), { x5c: ['MIIB'] })],
    ['jku: null', hs256(claims(), { jku: null })],
    ['crit with an unknown name', hs256(claims(), { crit: ['exp'] })],
    ['crit with b64', hs256(claims(), { crit: ['b64'], b64: true })],
    ['an empty crit', hs256(claims(), { crit: [] })],
    ['b64: false', hs256(claims(), { b64: false })],
    ['zip', hs256(claims(), { zip: 'DEF' })],
    ['enc', hs256(claims(), { enc: 'A128GCM' })],
  ];
  test.each(rows)('%s', async (_name, token) => expect(await setup(both).bearer(token)).toBe('token_invalid'));

  const named = { algorithms: ['HS256'], keys: [{ kid: 'k1', secret: 'env:SECRET' }] };
  test.each([
    ['../../../dev/null', ''],
    ['/dev/null', ''],
    ["' OR 1=1 --", ''],
    ['k1\0', SECRET],
    ['K1', SECRET],
    ['__proto__', SECRET],
    ['constructor', SECRET],
    ['k1'.padEnd(300, 'x'), SECRET],
    ['', SECRET],
  ])('kid %j', async (kid, secret) => expect(await setup(named).bearer(hs256(claims(), { kid }, secret))).toBe('token_invalid'));

  test.each([[1], [{}], [['k1']], [true]])('kid that is no text: %j', async (kid) =>
    expect(await setup(named).bearer(hs256(claims(), { kid }))).toBe('token_invalid'),
  );
});

describe('form', () => {
  const rows: [string, string][] = [
    ['nothing', ''],
    ['a dot', '.'],
    ['two dots', '..'],
    ['no signature', `${head}.${body}`],
    ['an empty signature', `${head}.${body}.`],
    ['an empty payload', `${head}..${signature}`],
    ['an empty header', `.${body}.${signature}`],
    ['four parts', `${good}.${signature}`],
    ['five parts', `${head}.${body}.${signature}.a.b`],
    ['a truncated signature', good.slice(0, -2)],
    ['the first half of the signature', `${head}.${body}.${firstBytes(signature, 16)}`],
    ['the first byte of the signature', `${head}.${body}.${firstBytes(signature, 1)}`],
    ['a longer signature', `${good}AA`],
    ['a signature of zeros', `${head}.${body}.${'A'.repeat(43)}`],
    ['padding', `${good}=`],
    ['padding in the header', `${head}=.${body}.${signature}`],
    [
      'standard base64',
      hs256(claims({ x: '???>>>' }))
        .replaceAll('-', '+')
        .replaceAll('_', '/'),
    ],
    ['a blank inside', `${head}. ${body}.${signature}`],
    ['a line break at the end', `${good}\n`],
    ['a tab inside', `${head}\t.${body}.${signature}`],
    ['a NUL at the end', `${good}\0`],
    ['another spelling of the signature', `${head}.${body}.${otherSpelling(signature)}`],
    ['a header that is no JSON', raw('alg=HS256', claims())],
    ['a header that is a list', raw([{ alg: 'HS256' }], claims())],
    ['a header that is text', raw('"HS256"', claims())],
    ['a header with alg twice', raw('{"alg":"none","alg":"HS256"}', claims())],
    ['a header with alg twice, once escaped', raw('{"\\u0061lg":"none","alg":"HS256"}', claims())],
    ['a header that is not UTF-8', raw(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), claims())],
    ['a header with a BOM', raw('\ufeff{"alg":"HS256"}', claims())],
    ['a deep header', raw(`{"alg":"HS256","x":${'['.repeat(100)}${']'.repeat(100)}}`, claims())],
    ['a token that is too long', hs256(claims({ x: 'y'.repeat(20_000) }))],
    ['a megabyte', 'a'.repeat(1_000_000)],
    ['a megabyte of dots', '.'.repeat(1_000_000)],
    ['typ of another token', hs256(claims(), { typ: 'logout+jwt' })],
    ['typ that is no text', hs256(claims(), { typ: 1 })],
    ['JSON serialisation', JSON.stringify({ payload: body, protected: head, signature })],
  ];
  test.each(rows)('%s', async (_name, token) => expect(['token_invalid', 'token_missing']).toContain(await setup(both).bearer(token)));
});

describe('claims', () => {
  const rows: [string, unknown][] = [
    ['no exp', claims({ exp: undefined })],
    ['exp as text', claims({ exp: String(NOW_S + 600) })],
    ['exp null', claims({ exp: null })],
    ['exp in a list', claims({ exp: [NOW_S + 600] })],
    ['exp too large', claims({ exp: 1e300 })],
    ['exp negative', claims({ exp: -1 })],
    ['exp infinite', `{"sub":"u1","exp":1e999}`],
    ['exp twice', `{"sub":"u1","exp":1,"exp":${NOW_S + 600}}`],
    ['sub twice', `{"sub":"u1","exp":${NOW_S + 600},"sub":"admin"}`],
    ['nbf to come', claims({ nbf: NOW_S + 6 })],
    ['nbf as text', claims({ nbf: '0' })],
    ['nbf null', claims({ nbf: null })],
    ['iat to come', claims({ iat: NOW_S + 6 })],
    ['iat as text', claims({ iat: 'yesterday' })],
    ['no sub', claims({ sub: undefined })],
    ['an empty sub', claims({ sub: '' })],
    ['sub in a list', claims({ sub: ['u1'] })],
    ['sub as an object', claims({ sub: { toString: 'u1' } })],
    ['sub true', claims({ sub: true })],
    ['a fraction for sub', claims({ sub: 1.5 })],
    ['a number for sub that is not exact', `{"sub":9007199254740993,"exp":${NOW_S + 600}}`],
    ['sub too long', claims({ sub: 'x'.repeat(257) })],
    ['no JSON', 'sub=u1'],
    ['a list', [claims()]],
    ['null', 'null'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['claims in the prototype', '{"__proto__":{"sub":"u1","exp":9999999999}}'],
    ['a NUL in sub', `{"sub":"u1\\u0000","exp":${NOW_S + 600}}`],
  ];
  test.each(rows)('%s', async (_name, payload) => expect(await setup(both).bearer(hs256(payload))).toBe('token_invalid'));
});

describe('whatever is changed', () => {
  test('no change of one character passes', async () => {
    const { bearer } = setup(both);
    const change = fc.tuple(fc.nat(good.length - 1), fc.constantFrom(...'AQgw_-.=aZ09 '));
    await fc.assert(
      fc.asyncProperty(change, async ([at, char]) => {
        fc.pre(good[at] !== char);
        expect(await bearer(good.slice(0, at) + char + good.slice(at + 1))).not.toMatch(/^pass/);
      }),
      { numRuns: 500 },
    );
  });

  test('no text passes or crashes', async () => {
    const { bearer } = setup(both);
    const part = fc.oneof(fc.base64String(), fc.string(), fc.json().map(b64), fc.constantFrom(head, body, signature));
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
        const token = parts.join('.');
        fc.pre(token !== good);
        expect(await bearer(token)).toMatch(/^token_/);
      }),
      { numRuns: 500 },
    );
  });

  test('ECDSA: no null signature (CVE-2022-21449), no DER, no other curve', async () => {
    const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { bearer } = setup({ algorithms: ['ES256'], keys: [{ public_key: 'env:EC' }] }, undefined, { 'env:EC': pem(p256.publicKey) });
    const input = `${b64({ alg: 'ES256' })}.${b64(claims())}`;
    for (const bytes of [Buffer.alloc(64), Buffer.alloc(63), sign('sha256', Buffer.from(input), p256.privateKey)]) {
      expect(await bearer(`${input}.${bytes.toString('base64url')}`)).toBe('token_invalid');
    }
    const whole = sign('sha256', Buffer.from(input), { key: p256.privateKey, dsaEncoding: 'ieee-p1363' });
    expect(await bearer(`${input}.${whole.toString('base64url')}`)).toBe('pass u1');
  });
});
