/** What every store of an outbox must do. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OutboxStore } from './store.js';

/** A place that holds events, for stores that come and go. */
export interface StorePlace {
  /** A store of it that takes at most `maxEvents`. */
  open(maxEvents?: number): Promise<OutboxStore>;
  /** Leaves a store as a process does that dies: nothing is closed, nothing more is written. */
  abandon(store: OutboxStore): Promise<void>;
  end(): Promise<void>;
}

const MANY = 1000;
const BYTES = 1 << 20;

/** Takes everything out, batch by batch. */
async function takeAll(store: OutboxStore, batch = 7): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const next = await store.next(batch, BYTES);
    if (!next || next.lines.length === 0) return all;
    all.push(...next.lines);
    await store.remove(next);
  }
}

const lines = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => JSON.stringify({ n: from + i }));

export function describeOutboxStore(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`outbox store: ${name}`, () => {
    let place: StorePlace;
    let store: OutboxStore;

    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
    });

    afterEach(async () => {
      await store.close();
      await place.end();
    });

    test('gives what it was given, in order, and the same until it is removed', async () => {
      expect(await store.append(lines(0, 3))).toBe(3);
      expect(await store.append(lines(3, 5))).toBe(2);
      const first = await store.next(4, BYTES);
      const count = first!.lines.length;
      expect([count > 0, count <= 4]).toEqual([true, true]);
      expect(first!.lines).toEqual(lines(0, count));
      const again = await store.next(4, BYTES);
      expect(again?.lines).toEqual(lines(0, count));
      await store.remove(again!);
      expect(store.size().events).toBe(5 - count);
      expect(await takeAll(store)).toEqual(lines(count, 5));
    });

    test('has nothing when it is empty', async () => {
      expect((await store.next(10, BYTES))?.lines).toEqual([]);
      await store.append(lines(0, 1));
      expect(await takeAll(store)).toHaveLength(1);
      expect((await store.next(10, BYTES))?.lines).toEqual([]);
      expect(store.size()).toMatchObject({ events: 0, bytes: 0, damaged: 0 });
    });

    test('a batch keeps to its bytes, with one event at least', async () => {
      await store.append(['a'.repeat(100), 'b'.repeat(100), 'c'.repeat(100)]);
      expect((await store.next(10, 250))?.lines.length).toBeLessThan(3);
      expect((await store.next(10, 1))?.lines).toEqual(['a'.repeat(100)]);
    });

    test('takes as many as fit, from the first on', async () => {
      await store.close();
      store = await place.open(5);
      expect(await store.append(lines(0, 3))).toBe(3);
      expect(await store.append(lines(3, 9))).toBe(2);
      expect(await store.append(lines(9, 10))).toBe(0);
      const first = await store.next(2, BYTES);
      await store.remove(first!);
      expect(await store.append(lines(10, 20))).toBe(2);
      expect(await takeAll(store)).toEqual([...lines(2, 5), ...lines(10, 12)]);
    });

    test('what was not removed is there after a restart', async () => {
      await store.append(lines(0, 10));
      await store.remove((await store.next(4, BYTES))!);
      await store.close();
      store = await place.open();
      await store.append(lines(10, 12));
      expect(await takeAll(store)).toEqual(lines(4, 12));
    });

    test('any text comes back as it was', async () => {
      const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }).map((s) => JSON.stringify(s));
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (some) => {
          await store.append(some);
          expect(await takeAll(store, 3)).toEqual(some);
        }),
        { numRuns: 30 },
      );
    });

    test('crashes at any point: nothing is lost, nothing comes before what was there', async () => {
      const step = fc.oneof(
        fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 9 }) }),
        fc.record({ do: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 9 }) }),
        fc.record({ do: fc.constant('die after sending' as const), count: fc.integer({ min: 1, max: 9 }) }),
        fc.record({ do: fc.constantFrom('die' as const, 'restart' as const), count: fc.constant(0) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const arrived: string[] = [];
          let given = 0;
          for (const { do: what, count } of steps) {
            if (what === 'append') {
              expect(await store.append(lines(given, given + count))).toBe(count);
              given += count;
            } else if (count > 0) {
              const batch = await store.next(count, BYTES);
              arrived.push(...(batch?.lines ?? []));
              if (batch && what === 'deliver') await store.remove(batch);
            }
            if (what === 'restart') await store.close();
            if (what.startsWith('die')) await place.abandon(store);
            if (what === 'restart' || what.startsWith('die')) store = await place.open(MANY);
          }
          arrived.push(...(await takeAll(store)));
          expect([...new Set(arrived)]).toEqual(lines(0, given));
        }),
        { numRuns: 40 },
      );
    });
  });
}
