import { RequestContext } from '@gatehouse/policy';
import { type FakeRequest, fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLink } from '../link.js';
import { sanitize } from './index.js';

/** `pass`, the rule that hit, or the code of another denial. */
async function ask(request: FakeRequest, config: unknown = {}): Promise<string> {
  const { instance } = createLink(sanitize, config, fakeEffects());
  try {
    const decision = await instance.decide(fakeFacts(request), new RequestContext(), 0);
    if (decision.kind !== 'deny') return decision.kind;
    return String(decision.details?.['rule'] ?? decision.code);
  } catch (error) {
    return (error as { code: string }).code;
  }
}
const json = (body: string, type = 'application/json'): FakeRequest => ({ method: 'POST', body, headers: { 'content-type': type } });
const form = (body: string): FakeRequest => json(body, 'application/x-www-form-urlencoded');
const part = (name: string, head = `Content-Disposition: form-data; name="${name}"`) => `--B\r\n${head}\r\n\r\n1\r\n--B--\r\n`;
const multipart = (body: string, type = 'multipart/form-data; boundary=B'): FakeRequest => json(body, type);

describe('addresses', () => {
  test.each([
    '/a/../b',
    '/..',
    '/../',
    '/a/..',
    '/..\\..\\etc',
    '/%2e%2e/etc',
    '/.%2e/',
    '/%2E%2E%2Fetc',
    '/..%2f..%2fetc/passwd',
    '/%252e%252e%252fetc',
    '/%25252e%25252e/',
    '/..%5cetc',
    '/%2e%2e%5c',
    '/..%255c..',
    '/%c0%ae%c0%ae/',
    '/%25c0%25ae%25c0%25ae/',
    '/%e0%80%ae%e0%80%ae/',
    '/..%c0%af',
    '/..%c1%9c',
    '/%u002e%u002e/',
    '/%uff0e%uff0e/',
    '/%ef%bc%8e%ef%bc%8e/',
    '/..;/admin',
    '/a/..;x=1/b',
    '/a%2f..',
    '/..%00/',
    '/..%3f',
    '/..%23',
  ])('%s climbs', async (url) => expect(['path-traversal', 'nul-byte']).toContain(await ask({ url })));

  test.each([
    '/',
    '/a.b/c',
    '/a..b',
    '/..a/b..',
    '/.../x',
    '/a/.b',
    '/100%25',
    '/%2e/x',
    '/caf%C3%A9',
    '/a;v=1',
    '/x%2Fy',
    '/%zz',
    '/a?x=../b',
    '/%',
  ])('%s passes', async (url) => expect(await ask({ url })).toBe('pass'));

  test('the query is looked into on demand', async () => {
    const config = { url: { traversal_in_query: true } };
    expect(await ask({ url: '/f?file=..%2F..%2Fetc' }, config)).toBe('path-traversal');
    expect(await ask({ url: '/f?a=1&file=..%252Fetc' }, config)).toBe('path-traversal');
    expect(await ask({ url: '/f?range=1..5' }, config)).toBe('pass');
  });

  test.each(['/a%00', '/a%2500b', '/?q=%00', '/?q=%2500', '/?%00=1'])('%s has a NUL', async (url) =>
    expect(await ask({ url })).toBe('nul-byte'),
  );

  test('lengths', async () => {
    expect(await ask({ url: `/${'a'.repeat(18)}` }, { url: { max_length: 20 } })).toBe('pass');
    expect(await ask({ url: `/${'a'.repeat(20)}` }, { url: { max_length: 20 } })).toBe('url-length');
    expect(await ask({ headers: { a: 'x'.repeat(9) } }, { headers: { max_length: 10 } })).toBe('pass');
    expect(await ask({ headers: { a: 'x'.repeat(10) } }, { headers: { max_length: 10 } })).toBe('header-length');
    expect(await ask({ headers: { a: ['1', '2', '3'] } }, { headers: { max_count: 2 } })).toBe('header-count');
    expect(await ask({ headers: { a: 'x'.repeat(6), b: 'x'.repeat(6) } }, { headers: { max_total: 10 } })).toBe('header-length');
  });
});

describe('bodies', () => {
  test.each([
    [json('{"a":1}'), 'pass'],
    [json('{"a":1}', 'application/vnd.api+json; charset=utf-8'), 'pass'],
    [json('{"a":1}', 'Application/JSON; Charset="UTF-8"'), 'pass'],
    [json('a=1'), 'not-json'],
    [json(''), 'pass'],
    [json('{"__proto__":{}}'), 'prototype-key'],
    [json('{"a":[{"constructor":1}]}'), 'prototype-key'],
    [json('{"\\u005f\\u005fproto\\u005f\\u005f":1}'), 'prototype-key'],
    [json('{"$where":"1"}'), 'operator-key'],
    [json('{"user":{"\\u0024ne":null}}'), 'operator-key'],
    [json('{"price":"$5","a$":"__proto__"}'), 'pass'],
    [json('{"a":"\\u0000"}'), 'nul-byte'],
    [json('{"a":1}', 'application/json; charset=utf-16'), 'charset'],
    [json('{"a":1}', 'application/json; charset=utf-8; charset=utf-7'), 'content-type'],
    [json('{"a":1}', 'json'), 'content-type'],
    [json('{"a":1}', ''), 'content-type'],
    [json('{"a":1}', 'application/json, text/plain'), 'content-type'],
    [{ ...json('{}'), headers: { 'content-type': ['application/json', 'text/plain'] } }, 'content-type'],
    [{ ...json('{}'), headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }, 'content-encoding'],
    [{ method: 'POST', body: Buffer.from([0x22, 0xff, 0x22]), headers: { 'content-type': 'application/json' } }, 'not-utf8'],
    [{ method: 'POST', body: '{"__proto__":1}' }, 'prototype-key'],
    [{ method: 'POST', body: '{ not json' }, 'pass'],
    [{ method: 'POST', body: Buffer.from([1, 2, 255]) }, 'pass'],
    [json('{"__proto__":1}', 'image/png'), 'pass'],
    [json('{"__proto__":1}', 'text/plain'), 'pass'],
    [json('a\0b', 'text/plain'), 'nul-byte'],
  ])('%j: %s', async (request, expected) => expect(await ask(request as FakeRequest)).toBe(expected));

  test.each([
    [form('a=1&b=%20x+y&c[d]=2'), 'pass'],
    [form('q={"json":1}'), 'pass'],
    [form('{"a":1}'), 'not-form'],
    [form('<a/>'), 'not-form'],
    [form('a=%zz'), 'not-form'],
    [form('a=\u0001'), 'not-form'],
    [form('a=%00'), 'nul-byte'],
    [form('user[$ne]=1'), 'operator-key'],
    [form('user%5B%24ne%5D=1'), 'operator-key'],
    [form('__proto__[x]=1'), 'prototype-key'],
    [form('a.constructor.prototype=1'), 'prototype-key'],
    [form('constructors=1'), 'pass'],
    [multipart(part('a')), 'pass'],
    [multipart(`preamble\r\n${part('a')}epilogue`), 'pass'],
    [multipart('a=1'), 'not-multipart'],
    [multipart('--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1'), 'not-multipart'],
    [multipart(part('a'), 'multipart/form-data'), 'not-multipart'],
    [multipart(part('a'), `multipart/form-data; boundary=${'B'.repeat(71)}`), 'not-multipart'],
    [multipart(part('__proto__')), 'prototype-key'],
    [multipart(part('a[$gt]')), 'operator-key'],
    [multipart(part('', 'Content-Disposition: form-data; filename="x"; name="$where"')), 'operator-key'],
    [multipart(part('', 'Content-Disposition: form-data;\r\n name="$where"')), 'operator-key'],
    [multipart(part('', 'X: y')), 'not-multipart'],
    [multipart(part('a').replace('\r\n1\r\n', '\r\nContent-Disposition: x; name="$in"\r\n')), 'pass'],
  ])('%j: %s', async (request, expected) => expect(await ask(request)).toBe(expected));
});

describe('sizes', () => {
  const small = { body: { max_bytes: 5 } };

  test.each([
    [json('12345'), small, 'pass'],
    [json('123456'), small, 'payload_too_large'],
    [{ ...json('12345'), chunked: true }, small, 'pass'],
    [{ ...json('123456'), chunked: true }, small, 'BODY_TOO_LARGE'],
    [{ ...json('123456', 'image/png'), chunked: true }, small, 'BODY_TOO_LARGE'],
    [json('123456', 'image/png'), small, 'payload_too_large'],
    [json('123456'), { body: { max_inspected_bytes: 5 } }, 'payload_too_large'],
    [json('123456', 'image/png'), { body: { max_inspected_bytes: 5 } }, 'pass'],
    [json('nonsense'), { body: { inspect: false } }, 'pass'],
    [{ ...json('nonsense'), chunked: true }, { body: { inspect: false, max_bytes: 3 } }, 'BODY_TOO_LARGE'],
    [{ ...json('nonsense'), chunked: true }, { body: { inspect: false, measure: false, max_bytes: 3 } }, 'pass'],
    [json('nonsense'), { body: { inspect: false, measure: false, max_bytes: 3 } }, 'payload_too_large'],
  ])('%j %j: %s', async (request, config, expected) => expect(await ask(request, config)).toBe(expected));

  test('listed types', async () => {
    const config = { body: { content_types: ['application/json', 'image/*'] } };
    expect(await ask(json('{}'), config)).toBe('pass');
    expect(await ask(json('x', 'image/gif'), config)).toBe('pass');
    expect(await ask(json('x', 'text/plain'), config)).toBe('content-type');
    expect(await ask({ method: 'POST', body: 'x' }, config)).toBe('content-type');
    expect(await ask({ method: 'GET' }, config)).toBe('pass');
  });
});

describe('never refuses what is valid', () => {
  const key = fc.string({ minLength: 1, maxLength: 20 }).filter((k) => !/^\$|^(__proto__|constructor|prototype)$|[\0[\].]/.test(k));

  test('JSON', async () => {
    const value = fc.letrec<{ v: unknown }>((tie) => ({
      v: fc.oneof(
        { maxDepth: 5 },
        fc.string(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('v')),
        fc.dictionary(key, tie('v')),
      ),
    })).v;
    await fc.assert(
      fc.asyncProperty(value, async (v) => {
        const text = JSON.stringify(v);
        fc.pre(!text.includes('\\u0000'));
        expect(await ask(json(text))).toBe('pass');
      }),
    );
  });

  test('forms', async () => {
    const text = fc.string().filter((t) => !t.includes('\0'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(key, text)), async (pairs) => {
        expect(await ask(form(new URLSearchParams(pairs).toString()))).toBe('pass');
      }),
    );
  });

  test('paths of plain segments, however they are encoded', async () => {
    const segment = fc.stringMatching(/^[a-z][a-zA-Z0-9 .~é/]{0,10}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(segment), async (segments) => {
        const path = `/${segments.map(encodeURIComponent).join('/')}`;
        fc.pre(!/(^|\/)\.\.(\/|$)/.test(decodeURIComponent(path)));
        expect(await ask({ url: path })).toBe('pass');
      }),
    );
  });
});
