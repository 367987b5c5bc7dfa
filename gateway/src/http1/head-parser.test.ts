import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findHeadEnd, HeadFault, hopeless, parseHead } from './head-parser.js';
import { defaultLimits } from './limits.js';

const parse = (text: string) => parseHead(text, defaultLimits);
const statusOf = (text: string): number => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof HeadFault) return error.status;
    throw error;
  }
  return 200;
};
const get = (line: string, ...headers: string[]): string => [line, 'Host: a.test', ...headers, ''].join('\r\n');

describe('parseHead', () => {
  test('reads a plain request', () => {
    const head = parse(get('GET /a?b=1 HTTP/1.1', 'X-One: 1', 'x-one:  2  '));
    expect(head).toMatchObject({ method: 'GET', target: '/a?b=1', host: 'a.test', version: 1.1, keepAlive: true, contentLength: 0 });
    expect(head.headers.getAll('x-one')).toEqual(['1', '2']);
  });

  test.each([
    ['lower-case method', get('Get / HTTP/1.1'), 400],
    ['unknown upper-case method', get('A-B_C / HTTP/1.1'), 200],
    ['TRACE', get('TRACE / HTTP/1.1'), 405],
    ['CONNECT', get('CONNECT / HTTP/1.1'), 405],
    ['HTTP/2.0', get('GET / HTTP/2.0'), 505],
    ['HTTP/0.9', 'GET /\r\n', 400],
    ['no host', 'GET / HTTP/1.1\r\n', 400],
    ['HTTP/1.0 without a host', 'GET / HTTP/1.0\r\n', 200],
    ['two hosts', get('GET / HTTP/1.1', 'Host: a.test'), 400],
    ['host with a slash', 'GET / HTTP/1.1\r\nHost: a/b\r\n', 400],
    ['host with two dots', 'GET / HTTP/1.1\r\nHost: a..b\r\n', 400],
    ['blank in the target', get('GET /a b HTTP/1.1'), 400],
    ['control byte in the target', get('GET /a\x01b HTTP/1.1'), 400],
    ['asterisk form', get('OPTIONS * HTTP/1.1'), 400],
    ['asterisk form of HTTP/2', get('PRI * HTTP/2.0'), 400],
    ['absolute form', get('GET http://b.test/x HTTP/1.1'), 200],
    ['absolute form with a port', get('GET http://[::1]:80/x HTTP/1.1'), 200],
    ['absolute form with a user', get('GET http://u:p@b.test/x HTTP/1.1'), 400],
    ['absolute form with a fragment alone', get('GET http://b.test#f HTTP/1.1'), 400],
    ['absolute form with a port that is no number', get('GET http://b.test:a/x HTTP/1.1'), 400],
    ['IPv6 host with more behind it', 'GET / HTTP/1.1\r\nHost: [::1]x\r\n', 400],
    ['folded line', get('GET / HTTP/1.1', 'X-A: 1', ' folded'), 400],
    ['blank in a name', get('GET / HTTP/1.1', 'X A: 1'), 400],
    ['blank before the colon', get('GET / HTTP/1.1', 'X-A : 1'), 400],
    ['empty name', get('GET / HTTP/1.1', ': 1'), 400],
    ['NUL in a value', get('GET / HTTP/1.1', 'X-A: a\0b'), 400],
    ['bare CR in a value', get('GET / HTTP/1.1', 'X-A: 1\rX-B: 2'), 400],
    ['odd but harmless name', get('GET / HTTP/1.1', 'X(A): 1'), 200],
    ['bare LF line ends', 'GET / HTTP/1.1\nHost: a.test\n', 200],
    ['length and chunked', get('POST / HTTP/1.1', 'Content-Length: 3', 'Transfer-Encoding: chunked'), 400],
    ['two equal lengths', get('POST / HTTP/1.1', 'Content-Length: 3', 'Content-Length: 3'), 400],
    ['signed length', get('POST / HTTP/1.1', 'Content-Length: +3'), 400],
    ['empty length', get('POST / HTTP/1.1', 'Content-Length:'), 400],
    ['huge length', get('POST / HTTP/1.1', 'Content-Length: 99999999999999999999'), 400],
    ['unknown coding', get('POST / HTTP/1.1', 'Transfer-Encoding: gzip, chunked'), 501],
    ['two codings', get('POST / HTTP/1.1', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 400],
    ['chunked in HTTP/1.0', get('POST / HTTP/1.0', 'Transfer-Encoding: chunked'), 400],
  ])('%s: %#', (_what, text, status) => expect(statusOf(text)).toBe(status));

  test('the limits hold at their edges', () => {
    const { requestLineBytes, headerLineBytes } = defaultLimits;
    const line = (bytes: number) => `GET /${'a'.repeat(bytes - 'GET / HTTP/1.1\r\n'.length)} HTTP/1.1`;
    expect(statusOf(get(line(requestLineBytes)))).toBe(200);
    expect(statusOf(get(line(requestLineBytes + 1)))).toBe(414);
    const header = (bytes: number) => `X: ${'v'.repeat(bytes - 'X: \r\n'.length)}`;
    expect(statusOf(get('GET / HTTP/1.1', header(headerLineBytes)))).toBe(200);
    expect(statusOf(get('GET / HTTP/1.1', header(headerLineBytes + 1)))).toBe(494);
    const many = Array.from({ length: defaultLimits.headerCount }, () => 'X: 1');
    expect(statusOf(get('GET / HTTP/1.1', ...many.slice(1)))).toBe(200);
    expect(statusOf(get('GET / HTTP/1.1', ...many))).toBe(494);
  });

  test.each([
    [['Connection: close', 'Connection: keep-alive'], true],
    [['Connection: keep-alive', 'Connection: close'], false],
    [['Connection: close', 'Connection: X-A'], false],
    [['Connection: Keep-Alive, Close'], false],
    [[], true],
  ])('the last Connection line that says something decides: %j', (lines, keepAlive) => {
    expect(parse(get('GET / HTTP/1.1', ...lines)).keepAlive).toBe(keepAlive);
  });

  test('a fault knows the lines before it', () => {
    const faultOf = (...lines: string[]): unknown => {
      try {
        return parse(get('GET / HTTP/1.1', ...lines));
      } catch (error) {
        return (error as HeadFault).headers.keys;
      }
    };
    expect(faultOf('X-A: 1', 'X-B: a\0b', 'Accept: a/b')).toEqual(['host', 'x-a']);
    expect(faultOf('X-A: 1', 'X B: 1', 'Accept: a/b')).toEqual(['host', 'x-a']);
  });

  test('a name that is no token is left out, whatever it resembles', () => {
    expect(parse(get('GET / HTTP/1.1', 'X-User.Id: 1')).headers.has('x-user.id')).toBe(false);
  });

  test('never throws anything but a HeadFault', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        statusOf(text);
        statusOf(get('GET / HTTP/1.1', text));
      }),
    );
  });
});

test.each([
  ['GET', false],
  ['', false],
  ['A-B_C /', false],
  ['\x16\x03\x01', true],
  ['get', true],
  [' GET', true],
  ['GE\r\n', true],
])('%j can never become a method: %s', (text, never) => expect(hopeless(Buffer.from(text, 'latin1'))).toBe(never));

describe('findHeadEnd', () => {
  test.each([
    ['GET / HTTP/1.1\r\nA: 1\r\n\r\nrest', 'rest'],
    ['GET / HTTP/1.1\nA: 1\n\nrest', 'rest'],
    ['GET / HTTP/1.1\r\nA: 1\n\r\nrest', 'rest'],
    ['GET / HTTP/1.1\nA: 1\n\nGET /2 HTTP/1.1\r\n\r\n', 'GET /2 HTTP/1.1\r\n\r\n'],
  ])('%j', (text, rest) => {
    const bytes = Buffer.from(text, 'latin1');
    expect(bytes.subarray(findHeadEnd(bytes, 0)!.next).toString('latin1')).toBe(rest);
  });

  test('finds the same end however the bytes are split', () => {
    const text = 'GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\nbody';
    const bytes = Buffer.from(text, 'latin1');
    const whole = findHeadEnd(bytes, 0);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length }), (cut) => {
        const first = findHeadEnd(bytes.subarray(0, cut), 0);
        expect(first ?? findHeadEnd(bytes, cut)).toEqual(whole);
      }),
    );
  });
});
