import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MessagePackError, MessageStream, type Packed, pack } from './msgpack.js';

function read(pieces: readonly Buffer[], max = 1 << 20): Packed[] {
  const stream = new MessageStream(max);
  const found: Packed[] = [];
  for (const piece of pieces) stream.push(piece, (message) => found.push(message));
  return found;
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const values = fc.letrec<{ value: Packed }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeNat(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0)),
    fc.string({ unit: 'binary-ascii', maxLength: 400 }),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(
      fc.string({ unit: 'binary-ascii', maxLength: 40 }).filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 20 },
    ),
  ),
})).value;

describe('messages', () => {
  test('what was packed is read again, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(), { maxLength: 8 }), (messages, cuts) => {
        const bytes = Buffer.concat(messages.map(pack));
        const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...places].map((start, i) => bytes.subarray(start, places[i] ?? bytes.length));
        expect(plain(read(pieces))).toEqual(plain(messages));
      }),
    );
  });

  test('any bytes of a string come through', () => {
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i & 0xff));
    expect(Buffer.from(read([pack(bytes)])[0] as string, 'latin1').equals(bytes)).toBe(true);
  });

  test.each([
    ['a small negative number', [0xff], -1],
    ['int8', [0xd0, 0x80], -128],
    ['int16', [0xd1, 0xff, 0xfe], -2],
    ['int32', [0xd2, 0xff, 0xff, 0xff, 0xfd], -3],
    ['int64', [0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfc], -4],
    ['uint32', [0xce, 0xff, 0xff, 0xff, 0xff], 4_294_967_295],
    ['float32', [0xca, 0x3f, 0x80, 0, 0], 1],
    ['bin8', [0xc4, 2, 0x61, 0xff], 'a\xff'],
  ])('%s', (_, bytes, value) => expect(read([Buffer.from(bytes)])).toEqual([value]));

  test.each([
    ['an extension', [0xc7, 0, 0]],
    ['a depth without end', Array(100).fill(0x91)],
    ['more items than there may be', [0xdd, 0xff, 0xff, 0xff, 0xff]],
  ])('%s is refused', (_, bytes) => expect(() => read([Buffer.from(bytes)])).toThrow(MessagePackError));

  test('one that is too long is refused before it is complete', () => {
    const piece = Buffer.concat([Buffer.from([0xdb, 0, 0x10, 0, 0]), Buffer.alloc(5000)]);
    expect(() => read([piece], 4000)).toThrow('too long');
  });

  test('bytes of any kind never hang or throw anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          read([Buffer.from(bytes)]);
        } catch (error) {
          expect(error).toBeInstanceOf(MessagePackError);
        }
      }),
    );
  });
});
