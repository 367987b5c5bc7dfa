import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { plainScalar, taggedScalar } from './scalars.js';

test.each([
  ['', null],
  ['~', null],
  ['NULL', null],
  ['yes', true],
  ['Off', false],
  ['y', 'y'],
  ['n', 'n'],
  ['0', 0],
  ['-12', -12],
  ['+1_000', 1000],
  ['0777', 511],
  ['08', 8],
  ['1.50', 1.5],
  ['.5', 0.5],
  ['1e3', 1000],
  ['0x1F', 31],
  ['0b101', 5],
  ['1:30', 90],
  ['1:30.5', 90.5],
  ['12:99', 819],
  ['.inf', Number.POSITIVE_INFINITY],
  ['-.INF', Number.NEGATIVE_INFINITY],
  ['1.2.3', '1.2.3'],
  ['10.0.0.1', '10.0.0.1'],
  ['2024-01-01', '2024-01-01'],
  ['3.0', 3],
  ['/a', '/a'],
  ['-', '-'],
  ['.', '.'],
  ['e5', 'e5'],
])('%s is %p', (text, value) => {
  expect(plainScalar(text)).toEqual(value);
});

test('a decimal number is itself', () => {
  fc.assert(fc.property(fc.integer(), (n) => expect(plainScalar(String(n))).toBe(n)));
});

test('any text is null, a boolean, a number or itself', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const value = plainScalar(text);
      expect(value === text || value === null || typeof value === 'boolean' || typeof value === 'number').toBe(true);
    }),
  );
});

test.each([
  ['str', '1', '1'],
  ['int', '1', 1],
  ['int', 'a', undefined],
  ['bool', 'yes', true],
  ['float', '1.5', 1.5],
  ['null', 'x', undefined],
  ['other', '1', 1],
])('!!%s %s is %p', (tag, text, value) => {
  expect(taggedScalar(tag, text)).toEqual(value);
});
