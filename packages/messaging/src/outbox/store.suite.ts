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

/** A place and a store of it, anew for each test. */
interface Current {
  place: StorePlace;
  store: OutboxStore;
}

export function describeOutboxStore(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`outbox store: ${name}`, () => {
    const now = {} as Current;

    beforeEach(async () => {
      now.place = await makePlace();
      now.store = await now.place.open();
    });

    afterEach(async () => {
      await now.store.close();
      await now.place.end();
    });

    keepsOrder(now);
    outlivesProcesses(now);
  });
}

function keepsOrder(now: Current): void {
  test('gives what it was given, in order, and the same until it is removed', async () => {
    expect(await now.store.append(lines(0, 3))).toBe(3);
    expect(await now.store.append(lines(3, 5))).toBe(2);
    const first = await now.store.next(4, BYTES);
    const count = first!.lines.length;
    expect([count > 0, count <= 4]).toEqual([true, true]);
    expect(first!.lines).toEqual(lines(0, count));
    const again = await now.store.next(4, BYTES);
    expect(again?.lines).toEqual(lines(0, count));
    await now.store.remove(again!);
    expect(now.store.size().events).toBe(5 - count);
    expect(await takeAll(now.store, 1)).toEqual(lines(count, 5));
    expect(now.store.size()).toMatchObject({ events: 0, bytes: 0 });
  });

  test('has nothing when it is empty', async () => {
    expect((await now.store.next(10, BYTES))?.lines).toEqual([]);
    await now.store.append(lines(0, 1));
    expect(await takeAll(now.store)).toHaveLength(1);
    expect((await now.store.next(10, BYTES))?.lines).toEqual([]);
    expect(now.store.size()).toMatchObject({ events: 0, bytes: 0, damaged: 0 });
  });

  test('a batch keeps to its bytes, with one event at least', async () => {
    await now.store.append(['a'.repeat(100), 'b'.repeat(100), 'c'.repeat(100)]);
    expect((await now.store.next(10, 250))?.lines.length).toBeLessThan(3);
    expect((await now.store.next(10, 1))?.lines).toEqual(['a'.repeat(100)]);
  });

  test('takes as many as fit, from the first on', async () => {
    await now.store.close();
    now.store = await now.place.open(5);
    expect(await now.store.append(lines(0, 3))).toBe(3);
    expect(await now.store.append(lines(3, 9))).toBe(2);
    expect(await now.store.append(lines(9, 10))).toBe(0);
    const first = await now.store.next(2, BYTES);
    await now.store.remove(first!);
    expect(await now.store.append(lines(10, 20))).toBe(2);
    expect(await takeAll(now.store)).toEqual([...lines(2, 5), ...lines(10, 12)]);
  });
}

function outlivesProcesses(now: Current): void {
  test('what was not removed is there after a restart', async () => {
    await now.store.append(lines(0, 10));
    await now.store.remove((await now.store.next(4, BYTES))!);
    await now.store.close();
    now.store = await now.place.open();
    await now.store.append(lines(10, 12));
    expect(await takeAll(now.store)).toEqual(lines(4, 12));
  });

  test('any text comes back as it was', async () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }).map((s) => JSON.stringify(s));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (some) => {
        await now.store.append(some);
        expect(await takeAll(now.store, 3)).toEqual(some);
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
            expect(await now.store.append(lines(given, given + count))).toBe(count);
            given += count;
          } else if (count > 0) {
            const batch = await now.store.next(count, BYTES);
            arrived.push(...(batch?.lines ?? []));
            if (batch && what === 'deliver') await now.store.remove(batch);
          }
          if (what === 'restart') await now.store.close();
          if (what.startsWith('die')) await now.place.abandon(now.store);
          if (what === 'restart' || what.startsWith('die')) now.store = await now.place.open(MANY);
        }
        arrived.push(...(await takeAll(now.store)));
        expect([...new Set(arrived)]).toEqual(lines(0, given));
      }),
      { numRuns: 40 },
    );
  });
}
