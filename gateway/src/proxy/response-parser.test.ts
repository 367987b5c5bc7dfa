import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ResponseFault, ResponseParser, type ResponseStart } from './response-parser.js';

function read(pieces: string[], options: { head?: boolean; ended?: boolean } = {}) {
  const seen = { status: 0, body: '', ends: 0, reusable: false, rest: '' };
  const parser = new ResponseParser({
    head: (start: ResponseStart) => Object.assign(seen, { status: start.status, reusable: start.reusable }),
    data: (chunk: Buffer) => {
      seen.body += chunk.toString('latin1');
    },
    end: () => {
      seen.ends++;
    },
  });
  parser.reset(options.head ?? false);
  for (const piece of pieces) seen.rest += parser.push(Buffer.from(piece, 'latin1')).toString('latin1');
  if (options.ended) parser.finish();
  return seen;
}

describe('ResponseParser', () => {
  test.each([
    ['sized', ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'], {}, { status: 200, body: 'hello', ends: 1, reusable: true }],
    [
      'chunked',
      ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
      {},
      { body: 'hello', ends: 1, reusable: true },
    ],
    ['until close', ['HTTP/1.1 200 OK\r\n\r\nhel', 'lo'], { ended: true }, { body: 'hello', ends: 1, reusable: false }],
    ['cut', ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello'], { ended: true }, { body: 'hello', ends: 0 }],
    ['204', ['HTTP/1.1 204 No Content\r\n\r\n'], {}, { status: 204, ends: 1 }],
    ['HEAD', ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'], { head: true }, { body: '', ends: 1 }],
    ['interim first', ['HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'], {}, { status: 200, ends: 1 }],
    ['close', ['HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'], {}, { reusable: false, ends: 1 }],
    ['HTTP/1.0', ['HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx'], {}, { reusable: false, ends: 1 }],
    ['too much', ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxyz'], {}, { body: 'x', rest: 'yz', ends: 1 }],
  ])('%s', (_what, pieces, options, expected) => expect(read(pieces, options)).toMatchObject(expected));

  test.each([
    'not http at all\r\n\r\n',
    'HTTP/1.1 20 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n',
    'HTTP/1.1 200 OK\r\nno colon\r\n\r\n',
    'HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n',
    `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(5000)}`,
    `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(4097 - 24)}\r\n\r\n`,
  ])('refuses %j', (text) => expect(() => read([text])).toThrow(ResponseFault));

  test('a head may fill a page and no more', () => {
    const head = `HTTP/1.1 204 X\r\nX: ${'y'.repeat(4096 - 23)}\r\n\r\n`;
    expect(head.length).toBe(4096);
    expect(read([head])).toMatchObject({ status: 204, ends: 1 });
  });

  test('of two lines that can only be there once the first counts; odd names pass', () => {
    const parser = new ResponseParser({
      head: ({ headers }) => list.push(...headers.entries()),
      data: () => undefined,
      end: () => undefined,
    });
    const list: [string, string][] = [];
    parser.reset(false);
    parser.push(Buffer.from('HTTP/1.1 204 X\r\nETag: a\r\netag: b\r\nX(A): 1\r\nX: 1\r\nX: 2\r\n\r\n'));
    expect(list).toEqual([
      ['ETag', 'a'],
      ['X(A)', '1'],
      ['X', '1'],
      ['X', '2'],
    ]);
  });

  test.each([
    ['sized', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', ['abc', 'def'], [false, false]],
    ['sized and large', 'HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n', ['x'.repeat(4000), 'y'.repeat(100), 'z'], [false, true, false]],
    ['until close', 'HTTP/1.1 200 OK\r\n\r\n', ['abc', 'x'.repeat(5000)], [false, true]],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', ['3\r\nabc\r\n', '1\r\nd\r\n'], [true, true]],
    ['parts of a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', ['9\r\nabc', 'def', 'ghi\r\n0\r\n'], [true, false, true]],
  ])('what a buffering proxy passes on: %s', (_what, head, pieces, expected) => {
    const parser = new ResponseParser({ head: () => undefined, data: () => undefined, end: () => undefined });
    parser.reset(false);
    parser.push(Buffer.from(head));
    const seen = pieces.map((piece) => {
      parser.push(Buffer.from(piece));
      const { ripe } = parser;
      if (ripe) parser.passedOn();
      return ripe;
    });
    expect(seen).toEqual(expected);
  });

  test('the pieces do not matter', () => {
    const text = 'HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10;e=1\r\n0123456789abcdef\r\n0\r\nT: 1\r\n\r\n';
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 10 }), (cuts) => {
        const points = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = points.slice(1).map((end, i) => text.slice(points[i], end));
        expect(read(pieces)).toMatchObject({ body: 'abc0123456789abcdef', ends: 1, status: 200, rest: '' });
      }),
    );
  });
});
