import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ChunkedDecoder, ChunkFault } from './chunked.js';

function decode(pieces: Buffer[]): { body: string; done: boolean; rest: string } {
  const decoder = new ChunkedDecoder();
  const out: Buffer[] = [];
  let rest = '';
  for (const piece of pieces) {
    const used = decoder.push(piece, (data) => out.push(Buffer.from(data)));
    rest += piece.subarray(used).toString('latin1');
  }
  return { body: Buffer.concat(out).toString('latin1'), done: decoder.done, rest };
}

const cutAt = (bytes: Buffer, cuts: number[]): Buffer[] => {
  const points = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return points.slice(1).map((end, i) => bytes.subarray(points[i], end));
};

describe('ChunkedDecoder', () => {
  test('any body in any chunks in any pieces comes out whole, and what follows is left', () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 8 }), fc.array(fc.nat(500), { maxLength: 6 }), (chunks, cuts) => {
        const text = chunks.map((c) => `${c.length.toString(16)};x=y\r\n${Buffer.from(c).toString('latin1')}\r\n`).join('');
        const bytes = Buffer.from(`${text}0\r\nTrailer: 1\r\n\r\nNEXT`, 'latin1');
        const body = Buffer.concat(chunks.map((c) => Buffer.from(c))).toString('latin1');
        expect(decode(cutAt(bytes, cuts))).toEqual({ body, done: true, rest: 'NEXT' });
      }),
    );
  });

  test.each([
    'ZZ\r\nabc',
    '3\r\nabcd\r\n',
    '-1\r\n',
    '\r\n',
    'FFFFFFFFFFFFFFFFF\r\n',
    '3\nabc\r\n',
    '3\r\nabc\n0\r\n\r\n',
    '0\r\n\n',
    '0x3\r\nabc\r\n',
  ])('refuses %j', (text) => expect(() => decode([Buffer.from(text, 'latin1')])).toThrow(ChunkFault));

  test('leading zeros of a size do not count', () => {
    expect(decode([Buffer.from('0000000000000000003\r\nabc\r\n000\r\n\r\n')])).toMatchObject({ body: 'abc', done: true });
    expect(() => decode([Buffer.from('0'.repeat(5000))])).toThrow(ChunkFault);
  });

  test.each([
    ['', 3],
    ['a', 15],
    ['5\r\nab', 7],
    ['2\r\nab', 4],
    ['2\r\nab\r\n', 3],
    ['0\r\nX: 1', 1],
  ])('after %j at least %d bytes are left', (text, bytes) => {
    const decoder = new ChunkedDecoder();
    decoder.push(Buffer.from(text), () => undefined);
    expect(decoder.leastLeft).toBe(bytes);
  });

  test('refuses an endless extension and endless trailers', () => {
    expect(() => decode([Buffer.from(`1;${'x'.repeat(5000)}`)])).toThrow(ChunkFault);
    expect(() => decode([Buffer.from(`0\r\n${'X: y\r\n'.repeat(4000)}`)])).toThrow(ChunkFault);
  });
});
