/** What every LimitStore must do. */
import type { LimitAsk, LimitStore, LimitWindow } from '@gatehouse/policy';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MemoryLimitStore } from './memory/limit-store.js';
import { exactLog } from './testing/exact-log.js';

/** A store under test, with time under the test's control. */
export interface LimitStoreUnderTest {
  readonly store: LimitStore;
  now(): number;
  /** Moves the clock that the store counts by; also back. */
  pass(ms: number): void;
}

const PERIOD = 60_000;
const windowOf = (name: string, limit: number, sliding = false, periodMs = PERIOD): LimitWindow => ({
  id: `${name}/${periodMs}|`,
  limit,
  periodMs,
  sliding,
});
const ask = (window: LimitWindow, subject = 'u1|', cost: 0 | 1 = 1): LimitAsk => ({ window, subject, cost });

/** @param open makes an empty store whose clock stands at the start of a window; called once per test */
export function limitStoreSuite(name: string, open: () => Promise<LimitStoreUnderTest>): void {
  describe(`limit store: ${name}`, () => {
    fixedWindows(open);
    severalWindows(open);
    slidingWindows(open);
    clocksAndResets(open);
  });
}

function fixedWindows(open: () => Promise<LimitStoreUnderTest>): void {
  test('counts down, refuses past the limit, and starts anew with the next window', async () => {
    const { store, pass } = await open();
    const three = windowOf('a', 3);
    expect(await store.take([ask(three)])).toEqual([2, PERIOD]);
    pass(1000);
    expect(await store.take([ask(three)])).toEqual([1, PERIOD - 1000]);
    expect(await store.take([ask(three)])).toEqual([0, PERIOD - 1000]);
    expect(await store.take([ask(three)])).toEqual([-1, PERIOD - 1000]);
    pass(PERIOD - 1001);
    expect(await store.take([ask(three)])).toEqual([-1, 1]);
    pass(1);
    expect(await store.take([ask(three)])).toEqual([2, PERIOD]);
  });

  test('subjects, names and periods each count for themselves', async () => {
    const { store } = await open();
    for (const window of [windowOf('a', 1), windowOf('b', 1), windowOf('a', 1, false, 1000)]) {
      for (const subject of ['u1|', 'u2|', '']) expect((await store.take([ask(window, subject)]))[0]).toBe(0);
      expect((await store.take([ask(window, 'u1|')]))[0]).toBe(-1);
    }
  });

  test('asking counts nothing', async () => {
    const { store } = await open();
    const one = windowOf('a', 1);
    expect(await store.take([ask(one, 'u1|', 0)])).toEqual([1, PERIOD]);
    expect(await store.take([ask(one, 'u1|', 0)])).toEqual([1, PERIOD]);
    await store.take([ask(one)]);
    expect(await store.take([ask(one, 'u1|', 0)])).toEqual([-1, PERIOD]);
  });

  test('never more than the limit, however many come at once', async () => {
    const { store } = await open();
    const window = windowOf('a', 37);
    const replies = await Promise.all(Array.from({ length: 100 }, () => store.take([ask(window)])));
    expect(replies.filter(([remaining]) => remaining! >= 0)).toHaveLength(37);
  });
}

function severalWindows(open: () => Promise<LimitStoreUnderTest>): void {
  test('all windows count, or none', async () => {
    const { store } = await open();
    const [small, large] = [windowOf('small', 1), windowOf('large', 10)];
    expect(await store.take([ask(large), ask(small)])).toEqual([9, PERIOD, 0, PERIOD]);
    expect(await store.take([ask(large), ask(small)])).toEqual([9, PERIOD, -1, PERIOD]);
    expect(await store.take([ask(large)])).toEqual([8, PERIOD]);
    expect(await store.take([ask(large), ask(small, 'u2|')])).toEqual([7, PERIOD, 0, PERIOD]);
  });

  test('requests of one moment are counted one after the other, as they came', async () => {
    const { store, now } = await open();
    const windows = [windowOf('a', 5), windowOf('b', 20), windowOf('c', 9, true, 1000)];
    const request = fc
      .subarray(windows, { minLength: 1 })
      .chain((chosen) =>
        fc
          .record({ subject: fc.constantFrom('u1|', 'u2|', 'u3|'), costs: fc.array(fc.constantFrom<0 | 1>(0, 1, 1), { minLength: 3 }) })
          .map(({ subject, costs }) => chosen.map((window, i) => ask(window, subject, costs[i]!))),
      );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 150 }), async (requests) => {
        const model = new MemoryLimitStore(now);
        const own = `run${run++}|`;
        const wanted = requests.map((asks) => model.take(asks));
        const asked = requests.map((asks) => store.take(asks.map((one) => ({ ...one, subject: own + one.subject }))));
        expect(await Promise.all(asked)).toEqual(wanted);
      }),
      { numRuns: 30 },
    );
  });

  test('one is asked while the other counts', async () => {
    const { store } = await open();
    const [a, b] = [windowOf('a', 2), windowOf('b', 2)];
    expect(await store.take([ask(a), ask(b, 'u1|', 0)])).toEqual([1, PERIOD, 2, PERIOD]);
    expect(await store.take([ask(a), ask(b, 'u1|', 0)])).toEqual([0, PERIOD, 2, PERIOD]);
    expect(await store.take([ask(a), ask(b)])).toEqual([-1, PERIOD, 2, PERIOD]);
  });

  test('gives back what was counted in this window, and nothing that may be of another', async () => {
    const { store, pass } = await open();
    const two = windowOf('a', 2);
    await store.take([ask(two)]);
    await store.take([ask(two)]);
    pass(1000);
    await store.giveBack([ask(two)], 500);
    expect((await store.take([ask(two)]))[0]).toBe(0);
    await store.giveBack([ask(two, 'nobody|')], 0);
    await store.giveBack([ask(two)], 950);
    expect((await store.take([ask(two)]))[0]).toBe(-1);
    pass(PERIOD);
    await store.take([ask(two)]);
    await store.giveBack([ask(two)], 2000);
    expect((await store.take([ask(two)]))[0]).toBe(0);
  });
}

function slidingWindows(open: () => Promise<LimitStoreUnderTest>): void {
  test('the bucket before counts by the part that is still inside', async () => {
    const { store, pass } = await open();
    const ten = windowOf('a', 10, true);
    for (let i = 0; i < 10; i++) expect((await store.take([ask(ten)]))[0]).toBe(9 - i);
    // Full until a tenth of the next bucket has gone.
    expect(await store.take([ask(ten)])).toEqual([-1, PERIOD + PERIOD / 10]);
    pass(PERIOD);
    expect(await store.take([ask(ten)])).toEqual([-1, PERIOD / 10]);
    pass(PERIOD / 10 - 1);
    expect((await store.take([ask(ten)]))[0]).toBe(-1);
    pass(1);
    expect((await store.take([ask(ten)]))[0]).toBe(0);
    expect(await store.take([ask(ten)])).toEqual([-1, PERIOD / 10]);
    pass(2 * PERIOD);
    expect((await store.take([ask(ten)]))[0]).toBe(9);
  });

  test('stays within its stated bound of an exact log, and refuses nobody who asked for less', async () => {
    const steps = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 400 }), burst: fc.integer({ min: 1, max: 8 }) }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 12 }), async (list, limit) => {
        const { store, now, pass } = await open();
        const window = windowOf('a', limit, true, 1000);
        const log = exactLog(1000);
        for (const { wait, burst } of list) {
          pass(wait);
          for (let i = 0; i < burst; i++) {
            const free = (await store.take([ask(window)]))[0]! >= 0;
            if (free) log.add(now());
            else expect(log.within(now(), 2000)).toBeGreaterThanOrEqual(limit);
          }
          expect(log.within(now(), 1000)).toBeLessThanOrEqual(log.bound(now(), limit));
          expect(log.bound(now(), limit)).toBeLessThan(2 * limit);
          expect(log.inBucket(now())).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('who was told when to come again is let through then, and not before', async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 5, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 6 }), fc.boolean(), async (waits, limit, sliding) => {
        const { store, pass } = await open();
        const window = windowOf('a', limit, sliding, 1000);
        for (const wait of waits) {
          pass(wait);
          const [remaining, ms] = await store.take([ask(window)]);
          if (remaining! >= 0) continue;
          pass(ms! - 1);
          expect((await store.take([ask(window, 'u1|', 0)]))[0]).toBe(-1);
          pass(1);
          expect((await store.take([ask(window)]))[0]).toBeGreaterThanOrEqual(0);
        }
      }),
      { numRuns: 40 },
    );
  });
}

function clocksAndResets(open: () => Promise<LimitStoreUnderTest>): void {
  test('a clock that is set back a little opens no second window; after a great jump counting starts anew', async () => {
    const { store, pass } = await open();
    const two = windowOf('a', 2);
    await store.take([ask(two)]);
    pass(-1000);
    expect((await store.take([ask(two)]))[0]).toBe(0);
    expect((await store.take([ask(two)]))[0]).toBe(-1);
    pass(1000);
    expect((await store.take([ask(two)]))[0]).toBe(-1);
    pass(-365 * 24 * 3600 * 1000);
    expect((await store.take([ask(two)]))[0]).toBe(1);
  });

  test('a reset forgets all counters of a subject, in whatever place it stands, and of nobody else', async () => {
    const { store } = await open();
    const forgotten: string[] = [];
    const listening = store.onReset(() => void forgotten.push('reset'));
    const [a, b] = [windowOf('a', 1), windowOf('b', 1)];
    const subjects = ['u1|', 'u1|route|', 'route|u1|', 'u11|', 'u|', '2001:u1|'];
    for (const subject of subjects) await store.take([ask(a, subject), ask(b, subject)]);
    expect(await store.reset(['u1|', 'nobody|'])).toBe(6);
    for (const subject of subjects.slice(0, 3)) expect((await store.take([ask(a, subject)]))[0]).toBe(0);
    for (const subject of subjects.slice(3)) expect((await store.take([ask(a, subject)]))[0]).toBe(-1);
    expect(forgotten.length).toBeGreaterThan(0);
    listening.close();
  });
}
