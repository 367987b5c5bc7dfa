import { ManualClock } from '@gatehouse/policy/testing';
import { expect, test } from '@jest/globals';
import { MemoryReplayStore } from './memory-replay-store.js';
import { replayStoreSuite } from './replay-store.suite.js';

replayStoreSuite('in process', async () => {
  const clock = new ManualClock();
  return { store: new MemoryReplayStore(() => clock.now()), pass: (ms) => clock.advance(ms) };
});

test('a full store forgets what ended, and refuses rather than forget what has not', async () => {
  const clock = new ManualClock();
  const store = new MemoryReplayStore(() => clock.now(), 2);
  await store.claim('a', 'r', 1000);
  await store.claim('b', 'r', 5000);
  await expect(store.claim('c', 'r', 1000)).rejects.toMatchObject({ code: 'REPLAY_STORE_FULL' });
  await clock.advance(1001);
  expect(await store.claim('c', 'r', 1000)).toBe('new');
  expect(await store.claim('b', 'x', 1000)).toBe('pending');
});
