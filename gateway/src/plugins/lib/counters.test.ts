import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CounterStore } from './counters.js';
import { PERIOD_SECONDS, PERIODS, secondsLeft, windowStart } from './windows.js';

describe('CounterStore', () => {
  test('counts like a map that forgets', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      amount: fc.integer({ min: 1, max: 5 }),
      seconds: fc.constantFrom(1, 3),
      pause: fc.nat(1500),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const store = new CounterStore();
        const model = new Map<string, { value: number; end: number }>();
        let now = 0;
        for (const { key, amount, seconds, pause } of steps) {
          now += pause;
          const id = `${key}${seconds}`;
          const before = model.get(id);
          if (before && before.end > now) before.value += amount;
          else model.set(id, { value: amount, end: now + seconds * 1000 });
          store.add(id, amount, seconds, now);
          for (const [name, { value, end }] of model) {
            expect(store.get(name, Number(name.slice(1)), now)).toBe(end > now ? value : 0);
          }
        }
      }),
    );
  });

  test('what has ended is dropped, whatever lives longer', () => {
    const store = new CounterStore();
    store.add('year', 1, 1000, 0);
    for (let i = 0; i < 5000; i++) store.add(`s${i}`, 1, 1, i * 100);
    expect(store.size).toBeLessThan(20);
    expect(store.get('year', 1000, 500_000)).toBe(1);
  });

  test('the number of counters has a bound', () => {
    const store = new CounterStore(3);
    for (const key of ['a', 'b', 'c', 'd']) store.add(key, 1, 60, 0);
    expect(['a', 'b', 'c', 'd'].map((key) => store.get(key, 60, 1))).toEqual([0, 1, 1, 1]);
  });
});

describe('windows', () => {
  const now = Date.UTC(2024, 1, 29, 13, 14, 15, 678);
  test.each([
    ['second', '2024-02-29T13:14:15.000Z', 1],
    ['minute', '2024-02-29T13:14:00.000Z', 45],
    ['hour', '2024-02-29T13:00:00.000Z', 3600 - 14 * 60 - 15],
    ['day', '2024-02-29T00:00:00.000Z', 86_400 - 13 * 3600 - 14 * 60 - 15],
    ['month', '2024-02-01T00:00:00.000Z', 2_592_000 - 28 * 86_400 - 13 * 3600 - 14 * 60 - 15],
    ['year', '2024-01-01T00:00:00.000Z', 31_536_000 - 59 * 86_400 - 13 * 3600 - 14 * 60 - 15],
  ] as const)('%s', (period, start, left) => {
    expect(new Date(windowStart(period, now)).toISOString()).toBe(start);
    expect(secondsLeft(period, now)).toBe(left);
  });

  test('the end of a long month is a second away at least', () => {
    expect(secondsLeft('month', Date.UTC(2024, 0, 31, 12))).toBe(1);
  });

  test('a window holds its moment', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PERIODS), fc.nat(4_102_444_800_000), (period, moment) => {
        const start = windowStart(period, moment);
        expect(start).toBeLessThanOrEqual(moment);
        expect(moment - start).toBeLessThanOrEqual((PERIOD_SECONDS[period] + 86_400) * 1000);
        expect(windowStart(period, start)).toBe(start);
      }),
    );
  });
});
