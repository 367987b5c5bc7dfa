import { describe, expect, test } from '@jest/globals';
import { HeaderList } from '../headers.js';
import { HeadFault } from '../http1/head-parser.js';
import { defaultLimits } from '../http1/limits.js';
import { fieldsOf } from './http2-reply.js';
import { headOf } from './request-head.js';

const OWN = [':method', 'GET', ':scheme', 'https', ':authority', 'a.test', ':path', '/p?q'];

function statusOf(raw: readonly string[], limits = defaultLimits): number {
  try {
    headOf(raw, true, limits);
    return 200;
  } catch (error) {
    if (error instanceof HeadFault) return error.status;
    throw error;
  }
}

const replaced = (name: string, value: string): string[] => OWN.map((text, i) => (OWN[i - 1] === name ? value : text));

describe('a request', () => {
  test('is as one of HTTP/1 with a Host', () => {
    const head = headOf([...OWN, 'accept', '*/*', 'cookie', 'a=1', 'x', '1', 'cookie', 'b=2'], true, defaultLimits);
    expect([...head.headers.entries()]).toEqual([
      ['Host', 'a.test'],
      ['accept', '*/*'],
      ['x', '1'],
      ['cookie', 'a=1; b=2'],
    ]);
    expect(head).toMatchObject({ method: 'GET', target: '/p?q', host: 'a.test', version: 2, contentLength: 0, chunked: false });
  });

  test.each([
    [true, [], 0],
    [false, [], null],
    [false, ['content-length', '12'], 12],
    [true, ['content-length', '0'], 0],
  ])('ended %p, %j: its body has %p bytes', (ended, more, length) =>
    expect(headOf([...OWN, ...more], ended, defaultLimits).contentLength).toBe(length),
  );

  test.each([
    ['a method of lower case', replaced(':method', 'get'), 400],
    ['TRACE', replaced(':method', 'TRACE'), 405],
    ['CONNECT', replaced(':method', 'CONNECT'), 405],
    ['a path that is none', replaced(':path', 'p'), 400],
    ['an asterisk', replaced(':path', '*'), 400],
    ['a blank in the path', replaced(':path', '/a b'), 400],
    ['a long path', replaced(':path', `/${'p'.repeat(8192)}`), 414],
    ['two hosts', [...OWN, 'host', 'a.test'], 400],
    ['no host', OWN.filter((_, i) => i !== 4 && i !== 5), 400],
    ['an empty host', replaced(':authority', ''), 400],
    ['a bad host', replaced(':authority', 'a..b'), 400],
    ['two lengths', [...OWN, 'content-length', '1', 'content-length', '1'], 400],
    ['a length that is none', [...OWN, 'content-length', '1x'], 400],
    ['a bad name', [...OWN, 'a b', '1'], 400],
    ['a long field', [...OWN, 'x', 'v'.repeat(8192)], 494],
  ])('with %s is refused', (_what, raw, status) => expect(statusOf(raw)).toBe(status));

  test('Host stands for a missing :authority', () => {
    expect(headOf([...OWN.filter((_, i) => i !== 4 && i !== 5), 'host', 'b.test'], true, defaultLimits).host).toBe('b.test');
  });

  test.each([
    ['as large as may be', 10, 200],
    ['one field too large', 11, 494],
  ])('a block %s', (_what, fields, status) => {
    const own = OWN.reduce((sum, text) => sum + text.length, 0) + 4 * 32;
    const limits = { ...defaultLimits, headBytes: own + 10 * (1 + 10 + 32) };
    expect(statusOf([...OWN, ...Array.from({ length: fields }, () => ['x', 'v'.repeat(10)]).flat()], limits)).toBe(status);
  });

  test('with as many fields as may be passes, with one more it does not', () => {
    const fields = (n: number): string[] => [...OWN, ...Array.from({ length: n }, (_, i) => [i % 2 ? 'cookie' : 'x', '1']).flat()];
    const limits = { ...defaultLimits, headerCount: 20 };
    expect([statusOf(fields(20), limits), statusOf(fields(21), limits)]).toEqual([200, 494]);
  });
});

test('an answer keeps what HTTP/2 can carry, in order, lines of one name together', () => {
  const headers = HeaderList.from([
    ['Set-Cookie', 'a'],
    ['Connection', 'close'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '9'],
    ['X', 'b\u0001c'],
    ['Set-Cookie', 'd'],
    ['Bad(Name', '1'],
  ]);
  expect(fieldsOf(200, headers, 5)).toEqual({ ':status': 200, 'set-cookie': ['a', 'd'], x: 'b c', 'content-length': 5 });
  expect(fieldsOf(200, headers, null)).not.toHaveProperty('content-length');
});
