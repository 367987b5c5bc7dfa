/** What every ReplayStore must do. */

import type { ReplayStore } from '@gatehouse/policy';
import { describe, expect, test } from '@jest/globals';

/** A store under test, with time under the test's control. */
export interface ReplayStoreUnderTest {
  readonly store: ReplayStore;
  /** Lets this many milliseconds pass. */
  pass(ms: number): Promise<void>;
}

/** @param open makes an empty store; called once per test */
export function replayStoreSuite(name: string, open: () => Promise<ReplayStoreUnderTest>): void {
  describe(`replay store: ${name}`, () => {
    test('one of many at once gets a key', async () => {
      const { store } = await open();
      const said = await Promise.all(Array.from({ length: 50 }, (_, i) => store.claim('k', `r${i}`, 1000)));
      expect(said.filter((state) => state === 'new')).toHaveLength(1);
      expect(said.filter((state) => state === 'pending')).toHaveLength(49);
    });

    test('who holds a key may claim it again; another may not', async () => {
      const { store } = await open();
      expect(await store.claim('k', 'a', 1000)).toBe('new');
      expect(await store.claim('k', 'a', 1000)).toBe('new');
      expect(await store.claim('k', 'b', 1000)).toBe('pending');
      expect(await store.claim('other', 'b', 1000)).toBe('new');
    });

    test('confirmed is done for all, its holder too', async () => {
      const { store, pass } = await open();
      await store.claim('k', 'a', 1000);
      await store.confirm('k', 'a', 5000);
      await pass(4000);
      expect(await store.claim('k', 'b', 1000)).toBe('done');
      expect(await store.claim('k', 'a', 1000)).toBe('done');
      await store.release('k', 'a');
      expect(await store.claim('k', 'b', 1000)).toBe('done');
    });

    test('released may be claimed again', async () => {
      const { store } = await open();
      await store.claim('k', 'a', 1000);
      await store.release('k', 'a');
      expect(await store.claim('k', 'b', 1000)).toBe('new');
    });

    test('only the holder confirms and releases', async () => {
      const { store } = await open();
      await store.claim('k', 'a', 1000);
      await store.confirm('k', 'b', 1000);
      await store.release('k', 'b');
      expect(await store.claim('k', 'c', 1000)).toBe('pending');
      await store.confirm('nothing', 'a', 1000);
      await store.release('nothing', 'a');
      expect(await store.claim('nothing', 'c', 1000)).toBe('new');
    });

    test('a claim that nobody concludes ends, and so does what is done', async () => {
      const { store, pass } = await open();
      await store.claim('k', 'a', 1000);
      await store.claim('d', 'a', 1000);
      await store.confirm('d', 'a', 3000);
      await pass(1100);
      expect(await store.claim('k', 'b', 1000)).toBe('new');
      expect(await store.claim('d', 'b', 1000)).toBe('done');
      await pass(2100);
      expect(await store.claim('d', 'b', 1000)).toBe('new');
    });

    test('a late word of one whose claim ended changes nothing', async () => {
      const { store, pass } = await open();
      await store.claim('k', 'a', 1000);
      await pass(1100);
      await store.claim('k', 'b', 1000);
      await store.confirm('k', 'a', 1000);
      await store.release('k', 'a');
      expect(await store.claim('k', 'c', 1000)).toBe('pending');
    });
  });
}
