import { expect, test } from '@jest/globals';
import { collectBody, inMemory } from '../proxy/body-spool.js';
import { compact, RequestBody } from './request-body.js';

test('many pieces become one, in order', () => {
  const pieces: Buffer[] = [];
  for (let i = 0; i < 1000; i++) {
    pieces.push(Buffer.from([i & 255]));
    compact(pieces);
    expect(pieces.length).toBeLessThanOrEqual(64);
  }
  expect(Buffer.concat(pieces)).toEqual(Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 255)));
});

test.each([false, true])('a body that comes byte by byte is whole, read before it comes: %s', async (early) => {
  const sent = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i & 255));
  const body = new RequestBody(null, null);
  const before = early ? collectBody(body) : null;
  for (let i = 0; i < sent.length; i++) body.push(sent.subarray(i, i + 1));
  body.finish();
  const collected = await (before ?? collectBody(body));
  expect((await inMemory(collected)).equals(sent)).toBe(true);
  collected.file?.close();
});
