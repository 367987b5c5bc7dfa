import type { LimitAsk } from '@gatehouse/policy';
import { ManualClock } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { breakerStoreSuite } from '../breaker-store.suite.js';
import { idempotencyStoreSuite } from '../idempotency-store.suite.js';
import { limitStoreSuite } from '../limit-store.suite.js';
import { MemoryBreakerStore } from './breaker-store.js';
import { MemoryIdempotencyStore } from './idempotency-store.js';
import { MemoryLimitStore } from './limit-store.js';

limitStoreSuite('in process', async () => {
  let time = 1_800_000_000_000;
  const pass = (ms: number): void => {
    time += ms;
  };
  return { store: new MemoryLimitStore(() => time), now: () => time, pass };
});

breakerStoreSuite('in process', async () => {
  const clock = new ManualClock();
  return { store: new MemoryBreakerStore(() => clock.now()), pass: (ms) => clock.advance(ms) };
});

idempotencyStoreSuite('in process', async () => {
  const clock = new ManualClock();
  return { store: new MemoryIdempotencyStore(() => clock.now()), pass: (ms) => clock.advance(ms) };
});

describe('bounds in process', () => {
  const ask = (i: number): LimitAsk => ({ window: { id: 'w/1000|', limit: 1, periodMs: 1000, sliding: false }, subject: `${i}|`, cost: 1 });

  test('counters: past ones go first, then the oldest', () => {
    let time = 0;
    const store = new MemoryLimitStore(() => time, 10);
    for (let i = 0; i < 10; i++) store.take([ask(i)]);
    time = 1500;
    store.take([ask(100)]);
    expect(store.take([ask(100)])[0]).toBe(-1);
    for (let i = 0; i < 9; i++) store.take([ask(i)]);
    expect(store.take([ask(100)])[0]).toBe(-1);
    store.take([ask(10)]);
    expect(store.take([ask(100)])[0]).toBe(0);
  });

  test('first answers: it refuses rather than forget', async () => {
    let time = 0;
    const store = new MemoryIdempotencyStore(() => time, 5000);
    await store.claim('a', 'r1', 'f', 1000);
    await expect(store.complete('a', 'r1', { status: 200, headers: [], body: new Uint8Array(5000) }, 1000)).rejects.toThrow('full');
    for (const key of ['b', 'c', 'd']) await store.claim(key, 'r', 'f', 1000);
    await expect(store.claim('e', 'r', 'f', 1000)).rejects.toThrow('full');
    expect((await store.claim('a', 'r2', 'f', 1000)).state).toBe('running');
    time = 1000;
    expect((await store.claim('e', 'r', 'f', 1000)).state).toBe('new');
  });
});
