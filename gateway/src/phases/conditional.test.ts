import { expect, test } from '@jest/globals';
import { HeaderList } from '../headers.js';
import { unlessKnown } from './conditional.js';

const list = (headers: Record<string, string>): HeaderList => HeaderList.from(Object.entries(headers));
const DAY = 'Wed, 21 Oct 2015 07:28:00 GMT';

test.each<[number, Record<string, string>, Record<string, string>, number]>([
  [200, { 'If-None-Match': '*' }, {}, 304],
  [200, { 'If-None-Match': '"x"' }, {}, 200],
  [200, { 'If-None-Match': 'W/"x", "y"' }, { ETag: '"y"' }, 304],
  [200, { 'If-Modified-Since': DAY }, {}, 200],
  [200, { 'If-Modified-Since': DAY }, { 'Last-Modified': DAY }, 304],
  [200, { 'If-Modified-Since': DAY, 'If-None-Match': '"x"' }, { 'Last-Modified': DAY, ETag: '"y"' }, 200],
  [200, { 'If-Match': '"x"' }, {}, 200],
  [201, { 'If-None-Match': '*' }, {}, 201],
  [404, { 'If-None-Match': '*' }, {}, 404],
])('an exit with %i, asked %j, of %j: %i', (status, request, answer, expected) => {
  const headers = list({ 'Content-Type': 'text/plain', 'Content-Length': '2', Vary: 'Origin', ...answer });
  expect(unlessKnown(status, list(request), headers)).toBe(expected);
  expect([headers.has('content-type'), headers.has('content-length'), headers.has('vary')]).toEqual([
    expected !== 304,
    expected !== 304,
    true,
  ]);
});
