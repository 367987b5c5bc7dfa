import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeMark, decodeRecords, encodeMark, encodeRecord, type LogRecord } from './log-format.js';

const line = fc.jsonValue().map((value) => JSON.stringify(value));
/** Records with rising numbers. */
const records = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 5 }), line }), { minLength: 1, maxLength: 20 })
  .map((list) => list.map(({ line }, i) => ({ seq: list.slice(0, i + 1).reduce((sum, { gap }) => sum + gap, 0), line })));
const bytesOf = (list: readonly LogRecord[]): Buffer => Buffer.from(list.map(encodeRecord).join(''));

/** Whether `some` are in `all`, in its order. */
function isPartOf(some: readonly LogRecord[], all: readonly LogRecord[]): boolean {
  const rest = all.map(encodeRecord);
  return some.every((record) => {
    const at = rest.indexOf(encodeRecord(record));
    rest.splice(0, at + 1);
    return at >= 0;
  });
}

describe('records', () => {
  test('come back as they were written', () =>
    fc.assert(fc.property(records, (list) => expect(decodeRecords(bytesOf(list))).toEqual({ records: list, damaged: 0 }))));

  test('cut anywhere, a file gives the records that are whole', () => {
    fc.assert(
      fc.property(records, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
        const file = bytesOf(list);
        const cut = Math.floor(file.length * share);
        const whole = list.filter((_, i) => bytesOf(list.slice(0, i + 1)).length <= cut);
        expect(decodeRecords(file.subarray(0, cut))).toEqual({ records: whole, damaged: 0 });
      }),
    );
  });

  test('with any bytes changed, all others are there, in order, and none that was not written', () => {
    const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(records, fc.array(change, { minLength: 1, maxLength: 4 }), (list, changes) => {
        const file = bytesOf(list);
        const touched = changes.map(({ at }) => Math.min(file.length - 1, Math.floor(file.length * at)));
        for (const [i, { byte }] of changes.entries()) file.writeUInt8(byte, touched[i]!);
        const { records: found } = decodeRecords(file);
        expect(isPartOf(found, list)).toBe(true);
        // A changed line break spoils two records, any other byte one.
        expect(found.length).toBeGreaterThanOrEqual(list.length - 2 * touched.length);
      }),
    );
  });

  test('of a block of zeros, as a file system leaves it after a loss of power, are none', () => {
    const list = [{ seq: 1, line: '{}' }];
    expect(decodeRecords(Buffer.concat([bytesOf(list), Buffer.alloc(4096)]))).toEqual({ records: list, damaged: 0 });
  });

  test('are found in any bytes without an error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => expect(decodeRecords(Buffer.from(bytes)).records).toEqual([])));
  });

  test('whose numbers do not rise are damage', () => {
    const file = bytesOf([
      { seq: 2, line: '"a"' },
      { seq: 2, line: '"b"' },
      { seq: 1, line: '"c"' },
      { seq: 3, line: '"d"' },
    ]);
    expect(decodeRecords(file)).toMatchObject({ records: [{ seq: 2 }, { seq: 3 }], damaged: 2 });
  });
});

describe('the mark', () => {
  const seq = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

  test('comes back, and is always as long', () =>
    fc.assert(
      fc.property(seq, (n) => {
        expect(encodeMark(n)).toHaveLength(26);
        expect(decodeMark(Buffer.from(encodeMark(n)))).toBe(n);
      }),
    ));

  test('torn or spoiled it is 0, so that events come twice rather than never', () =>
    fc.assert(
      fc.property(seq, fc.nat(25), fc.integer({ min: 1, max: 255 }), (n, at, change) => {
        const mark = Buffer.from(encodeMark(n));
        expect(decodeMark(mark.subarray(0, at))).toBe(0);
        mark.writeUInt8((mark[at]! + change) % 256, at);
        expect(decodeMark(mark)).toBe(0);
      }),
    ));
});
