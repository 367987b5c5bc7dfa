import { describe, expect, test } from '@jest/globals';
import { hashString } from './hash.js';
import { HashReader, hashableQueryArg } from './hash-input.js';
import { facts, upstream } from './testing/entities.js';

const uuid = (): string => 'made-up';

function hashed(given: Parameters<typeof upstream>[1], inputs: Parameters<typeof facts>[0] = {}): unknown {
  return new HashReader(upstream('u', given), uuid).read(facts(inputs));
}

describe('HashReader', () => {
  test.each([
    ['consumer', {}, { consumerId: () => 'c-1' }, 'c-1'],
    ['ip', {}, { clientIp: () => '192.0.2.7' }, '192.0.2.7'],
    ['path', {}, { path: () => '/a' }, '/a'],
    ['header', { hash_on_header: 'X-User-Id' }, { header: (name: string) => (name === 'x-user-id' ? 'h' : undefined) }, 'h'],
    ['cookie', { hash_on_cookie: 'sid' }, { cookie: (name: string) => (name === 'sid' ? 'k' : undefined) }, 'k'],
    ['query_arg', { hash_on_query_arg: 'u' }, { queryArg: (name: string) => (name === 'u' ? 'q' : undefined) }, 'q'],
    ['uri_capture', { hash_on_uri_capture: 'id' }, { uriCapture: (name: string) => (name === 'id' ? 'i' : undefined) }, 'i'],
  ] as const)('hashes on %s', (hash_on, given, inputs, value) => {
    expect(hashed({ hash_on, ...given }, inputs)).toEqual({ value: hashString(value), setCookie: null });
  });

  test('falls back when the first input is missing', () => {
    const given = { hash_on: 'header', hash_on_header: 'One', hash_fallback: 'header', hash_fallback_header: 'Two' } as const;
    const two = (name: string): string | undefined => (name === 'two' ? 'b' : undefined);
    expect(hashed(given, { header: two })).toEqual({ value: hashString('b'), setCookie: null });
  });

  test('an empty value is a value', () => {
    const given = { hash_on: 'query_arg', hash_on_query_arg: 'u', hash_fallback: 'ip' } as const;
    expect(hashed(given, { queryArg: () => '' })).toEqual({ value: hashString(''), setCookie: null });
  });

  test('without any input all requests hash alike, as in Kong', () => {
    expect(hashed({ hash_on: 'consumer' })).toEqual(hashed({ hash_on: 'header', hash_on_header: 'X' }));
  });

  test('makes a cookie where the client has none, word for word as Kong does', () => {
    expect(hashed({ hash_on: 'cookie', hash_on_cookie: 'sid', hash_on_cookie_path: '/shop' })).toEqual({
      value: hashString('made-up'),
      setCookie: 'sid=made-up; Path=/shop; Same-Site=Lax; HttpOnly',
    });
    const fallback = { hash_on: 'consumer', hash_fallback: 'cookie', hash_on_cookie: 'sid' } as const;
    expect(hashed(fallback, { consumerId: () => 'c' })).toMatchObject({ setCookie: null });
    expect(hashed(fallback)).toMatchObject({ setCookie: 'sid=made-up; Path=/; Same-Site=Lax; HttpOnly' });
  });

  test('reads once per request', () => {
    let made = 0;
    const reader = new HashReader(upstream('u', { hash_on: 'cookie', hash_on_cookie: 'sid' }), () => `id-${++made}`);
    const request = facts();
    expect(reader.read(request)).toBe(reader.read(request));
    expect(made).toBe(1);
  });
});

describe('hashableQueryArg', () => {
  test.each([
    ['u=7&x=1', '7'],
    ['u=a%20b', 'a b'],
    ['u=a+b', 'a b'],
    ['%75=1', '1'],
    ['u', 'true'],
    ['u=', ''],
    ['u=b&u=a', 'a,b'],
    ['u=%zz', '%zz'],
    ['&&u=1', '1'],
    ['v=1', undefined],
    ['', undefined],
  ])('%s', (query, value) => {
    expect(hashableQueryArg(query, 'u')).toBe(value);
  });

  test('looks at the first hundred arguments only', () => {
    expect(hashableQueryArg(`${'x=1&'.repeat(100)}u=1`, 'u')).toBeUndefined();
  });
});
