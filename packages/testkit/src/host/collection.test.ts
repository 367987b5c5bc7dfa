import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Collection, paginate } from './collection.js';

describe('collection', () => {
  test('adds under the next id, changes, removes', () => {
    const things = new Collection('t_', [{ id: 't_1001', name: 'a' }]);
    expect(things.add({ name: 'b' })).toEqual({ id: 't_1002', name: 'b' });
    expect(things.update('t_1001', { name: 'c', id: 'x' })).toEqual({ id: 't_1001', name: 'c' });
    expect(things.update('t_9', {})).toBeUndefined();
    expect([things.remove('t_1001'), things.remove('t_1001')]).toEqual([true, false]);
    expect(things.all().map((item) => item.id)).toEqual(['t_1002']);
  });

  test('keeps the id that a new thing brings', () => {
    const things = new Collection('', []);
    things.add({ id: 'own' });
    expect(things.get('own')).toEqual({ id: 'own' });
  });

  test('is bounded: the oldest goes', () => {
    const things = new Collection('', []);
    for (let i = 0; i < 1200; i += 1) things.add({ i });
    expect(things.size).toBe(1000);
    expect(things.all()[0]?.['i']).toBe(200);
  });

  test('pages cover every item once, in order, whatever the page size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 100 }), (count, limit) => {
        const items = Array.from({ length: count }, (_, id) => ({ id }));
        const seen = [];
        for (let page = 1; page <= Math.ceil(count / limit); page += 1) {
          seen.push(...paginate(items, new URLSearchParams({ page: String(page), limit: String(limit) })).items);
        }
        expect(seen).toEqual(items);
      }),
      { numRuns: 50 },
    );
  });

  test.each(['0', '-1', 'x', '1e9', '', '1.5'])('a page of %p is no fault', (page) => {
    const result = paginate([{ id: 1 }], new URLSearchParams({ page, limit: '1000' }));
    expect(result.page).toBeGreaterThanOrEqual(1);
    expect(result.limit).toBe(100);
  });
});
