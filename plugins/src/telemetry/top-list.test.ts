import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LabelCap, TopList } from './top-list.js';

describe('the most frequent', () => {
  test('are exact while there is room', () => {
    const list = new TopList(3);
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) list.add(name);
    expect(list.top(2)).toEqual([
      ['a', 3],
      ['b', 2],
    ]);
  });

  test('who makes up more than one in `capacity` is among them, and no count is too low or far too high', () => {
    const names = fc.array(fc.integer({ min: 0, max: 40 }).map(String), { minLength: 1, maxLength: 500 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 20 }), (stream, capacity) => {
        const list = new TopList(capacity);
        const exact = new Map<string, number>();
        for (const name of stream) {
          list.add(name);
          exact.set(name, (exact.get(name) ?? 0) + 1);
        }
        const found = new Map(list.top(capacity));
        expect(found.size).toBeLessThanOrEqual(capacity);
        for (const [name, count] of exact) if (count > stream.length / capacity) expect(found.has(name)).toBe(true);
        for (const [name, count] of found) {
          expect(count).toBeGreaterThanOrEqual(exact.get(name)!);
          expect(count - exact.get(name)!).toBeLessThanOrEqual(stream.length / capacity);
        }
      }),
    );
  });
});

test('labels are capped in distinct values', () => {
  const cap = new LabelCap(2);
  expect(['a', 'b', 'c', 'a', 'd', 'b'].map((name) => cap.label(name))).toEqual(['a', 'b', 'other', 'a', 'other', 'b']);
});
