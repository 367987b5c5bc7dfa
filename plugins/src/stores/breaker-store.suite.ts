/** What every BreakerStore must do. */
import type { BreakerRecord, BreakerStore } from '@gatehouse/policy';
import { describe, expect, test } from '@jest/globals';

export interface BreakerStoreUnderTest {
  readonly store: BreakerStore;
  /** Lets this many milliseconds pass. */
  pass(ms: number): Promise<void>;
}

const record = (more: Partial<BreakerRecord> = {}): BreakerRecord => ({
  service: 's',
  state: 'open',
  remainingMs: 30_000,
  forced: false,
  ...more,
});

/** @param open makes an empty store; called once per test */
export function breakerStoreSuite(name: string, open: () => Promise<BreakerStoreUnderTest>): void {
  describe(`breaker store: ${name}`, () => {
    test('what was told last holds, and its time runs', async () => {
      const { store } = await open();
      expect(await store.read('s')).toBeNull();
      expect(await store.tell(record())).toMatchObject({ state: 'open', forced: false });
      const read = await store.read('s');
      expect(read).toMatchObject({ service: 's', state: 'open', forced: false });
      expect(read!.remainingMs).toBeLessThanOrEqual(30_000);
      expect(read!.remainingMs).toBeGreaterThan(20_000);
      await store.tell(record({ state: 'closed', remainingMs: 0 }));
      expect(await store.read('s')).toMatchObject({ state: 'closed', remainingMs: 0 });
      expect(await store.read('other')).toBeNull();
    });

    test('what an operator forces holds against every node, until the operator ends it', async () => {
      const { store } = await open();
      await store.force(record({ remainingMs: null, forced: true }));
      expect(await store.tell(record({ state: 'closed', remainingMs: 0 }))).toEqual(record({ remainingMs: null, forced: true }));
      expect(await store.read('s')).toEqual(record({ remainingMs: null, forced: true }));
      await store.force(record({ state: 'closed', remainingMs: 0 }));
      expect(await store.read('s')).toMatchObject({ state: 'closed', forced: false });
      expect(await store.tell(record())).toMatchObject({ state: 'open', forced: false });
    });

    test('one of many gets the lease; its holder gives it back, nobody else does', async () => {
      const { store, pass } = await open();
      const got = await Promise.all(Array.from({ length: 20 }, (_, i) => store.lease('s', `r${i}`, 5000)));
      expect(got.filter(Boolean)).toHaveLength(1);
      const holder = `r${got.indexOf(true)}`;
      await store.release('s', 'somebody else');
      expect(await store.lease('s', 'next', 5000)).toBe(false);
      expect(await store.lease('other', 'next', 5000)).toBe(true);
      await store.release('s', holder);
      expect(await store.lease('s', 'next', 5000)).toBe(true);
      await pass(5001);
      expect(await store.lease('s', 'after', 5000)).toBe(true);
    });

    test('lists what was registered, by name', async () => {
      const { store } = await open();
      await store.register('b');
      await store.register('a');
      await store.register('a');
      await store.tell(record({ service: 'b' }));
      const list = await store.list();
      expect(list.map(({ service, state }) => [service, state])).toEqual([
        ['a', 'closed'],
        ['b', 'open'],
      ]);
    });

    test('tells of what an operator does', async () => {
      const { store } = await open();
      const heard: string[] = [];
      const watching = store.watch((said) => void (said && heard.push(said.state)));
      await store.force(record({ forced: true }));
      expect(heard).toEqual(['open']);
      watching.close();
      await store.force(record({ state: 'closed' }));
      expect(heard).toEqual(['open']);
    });
  });
}
