/** What every IdempotencyStore must do. */
import type { FirstAnswer, IdempotencyStore } from '@gatehouse/policy';
import { describe, expect, test } from '@jest/globals';

export interface IdempotencyStoreUnderTest {
  readonly store: IdempotencyStore;
  /** Lets this many milliseconds pass. */
  pass(ms: number): Promise<void>;
}

const answer: FirstAnswer = {
  status: 201,
  headers: [
    ['Content-Type', 'application/octet-stream'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
  ],
  body: Uint8Array.from({ length: 256 }, (_, i) => i),
};

/** @param open makes an empty store; called once per test */
export function idempotencyStoreSuite(name: string, open: () => Promise<IdempotencyStoreUnderTest>): void {
  describe(`idempotency store: ${name}`, () => {
    test('one of many at once gets a key; a retry of the same request is no conflict', async () => {
      const { store } = await open();
      const said = await Promise.all(Array.from({ length: 50 }, (_, i) => store.claim('k', `r${i}`, 'f', 10_000)));
      const states = said.map(({ state }) => state);
      expect(states.filter((state) => state === 'new')).toHaveLength(1);
      expect(states.filter((state) => state === 'running')).toHaveLength(49);
      expect(await store.claim('k', `r${states.indexOf('new')}`, 'f', 10_000)).toEqual({ state: 'new' });
    });

    test('the first answer is given again, byte by byte, to whoever asks the same', async () => {
      const { store } = await open();
      await store.claim('k', 'a', 'f', 10_000);
      await store.complete('k', 'a', answer, 10_000);
      for (const owner of ['b', 'a']) {
        const said = await store.claim('k', owner, 'f', 10_000);
        expect(said.state).toBe('done');
        if (said.state !== 'done') throw new Error('unreachable');
        expect({ ...said.answer, body: [...said.answer.body] }).toEqual({ ...answer, body: [...answer.body] });
      }
    });

    test('another body is a mismatch, also while the first runs', async () => {
      const { store } = await open();
      await store.claim('k', 'a', 'f', 10_000);
      expect(await store.claim('k', 'b', 'other', 10_000)).toEqual({ state: 'mismatch' });
      await store.complete('k', 'a', { ...answer, body: new Uint8Array() }, 10_000);
      expect(await store.claim('k', 'b', 'other', 10_000)).toEqual({ state: 'mismatch' });
      expect((await store.claim('k', 'b', 'f', 10_000)).state).toBe('done');
    });

    test('only the holder completes or releases, and never what is complete', async () => {
      const { store } = await open();
      await store.claim('k', 'a', 'f', 10_000);
      await store.release('k', 'b');
      await store.complete('k', 'b', answer, 10_000);
      expect(await store.claim('k', 'b', 'f', 10_000)).toEqual({ state: 'running' });
      await store.release('k', 'a');
      expect(await store.claim('k', 'b', 'f', 10_000)).toEqual({ state: 'new' });
      await store.complete('k', 'a', answer, 10_000);
      expect(await store.claim('k', 'c', 'f', 10_000)).toEqual({ state: 'running' });
      await store.complete('k', 'b', answer, 10_000);
      await store.release('k', 'b');
      expect((await store.claim('k', 'c', 'f', 10_000)).state).toBe('done');
    });

    test('a claim and an answer end by their own times', async () => {
      const { store, pass } = await open();
      await store.claim('k', 'a', 'f', 10_000);
      await pass(9000);
      expect(await store.claim('k', 'b', 'f', 10_000)).toEqual({ state: 'running' });
      await store.complete('k', 'a', answer, 10_000);
      await pass(9000);
      expect((await store.claim('k', 'b', 'f', 10_000)).state).toBe('done');
      await pass(1100);
      expect(await store.claim('k', 'b', 'other', 10_000)).toEqual({ state: 'new' });
    });

    test('one that was never claimed is not completed', async () => {
      const { store } = await open();
      await store.complete('k', 'a', answer, 10_000);
      expect(await store.claim('k', 'b', 'f', 10_000)).toEqual({ state: 'new' });
    });
  });
}
