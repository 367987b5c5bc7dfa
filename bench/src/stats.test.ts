import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { median, orderOf, round } from './stats.js';

describe('median', () => {
  test.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
  ])('of %j is %d', (values, middle) => {
    expect(median(values)).toBe(middle);
  });

  test('has as many values below as above', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const middle = median(values);
        expect(values.filter((each) => each < middle).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((each) => each > middle).length).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });

  test('of nothing is no number', () => {
    expect(median([])).toBeNaN();
  });
});

describe('orderOf', () => {
  test('everybody runs once in every round', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer()), fc.nat(100), (items, number) => {
        expect([...orderOf(items, number)].sort()).toEqual([...items].sort());
      }),
    );
  });

  test('everybody is first once in as many rounds as there are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer()), (items) => {
        expect(items.map((_item, number) => orderOf(items, number)[0]).sort()).toEqual([...items].sort());
      }),
    );
  });
});

test('round keeps so many decimals', () => {
  expect([round(1.2345, 2), round(1234.5, 0), round(0.005, 3)]).toEqual([1.23, 1235, 0.005]);
});
