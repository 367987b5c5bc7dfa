import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeJson, encodeJson } from './json.js';

const roundTrip = (text: string): string | null => {
  const decoded = decodeJson(Buffer.from(text));
  return decoded && Buffer.from(encodeJson(decoded.value), 'latin1').toString();
};

test.each([
  ['{"n":null,"e":[],"o":{},"f":1.5}', '{"n":null,"e":[],"o":{},"f":1.5}'],
  ['12345678901234567890', '12345678901235000000'],
  ['{"f":0.1234567890123456}', '{"f":0.12345678901235}'],
  ['[99999999999999,1e300,-0.5]', '[99999999999999,1e+300,-0.5]'],
  ['"a/b\x7f\\u00e9é\\ud83d\\ude00\\n"', '"a/b\\u007féé😀\\n"'],
  ['"\\\\u00e9"', '"\\\\u00e9"'],
  ['"\\ud83d"', null],
  ['"\\ude00\\ud83d"', null],
  ['"\\u00e9\\udc00"', null],
  ['null', 'null'],
  ['{bad', null],
  ['', null],
])('%s becomes %s', (text, expected) => {
  expect(roundTrip(text)).toBe(expected);
});

test('bytes that are no UTF-8 come out as they went in', () => {
  expect(decodeJson(Buffer.from([0x22, 0xff, 0x22]))).toEqual({ value: '\xff' });
});

test('nesting has a bound', () => {
  expect(roundTrip('['.repeat(1000) + ']'.repeat(1000))).not.toBeNull();
  expect(roundTrip('['.repeat(1001) + ']'.repeat(1001))).toBeNull();
  expect(roundTrip('['.repeat(200_000))).toBeNull();
});

test('a second pass changes nothing', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const once = roundTrip(text);
      expect(roundTrip(once!)).toBe(once);
    }),
  );
});

test('any bytes are taken', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void decodeJson(Buffer.from(bytes))));
});
