import { ManualClock } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MemorySessionStore } from './memory-session-store.js';
import { newSession, nextGeneration, standing } from './session.js';
import { person, sessionStoreSuite, times } from './session-store.suite.js';

sessionStoreSuite('in process', async () => {
  const clock = new ManualClock();
  const store = new MemorySessionStore(() => clock.now());
  return { stores: [store, store], now: () => clock.now(), pass: (ms) => clock.advance(ms) };
});

test('when the memory is full, the session that was used least lately goes', async () => {
  const clock = new ManualClock();
  const store = new MemorySessionStore(() => clock.now(), 2);
  const session = (id: string) => newSession(id, person, times, clock.now());
  await store.add(session('a'));
  await store.add(session('b'));
  await store.advance(nextGeneration(session('a'), person, times, clock.now()));
  await store.add(session('c'));
  expect([await store.get('a'), await store.get('b'), await store.get('c')].map((one) => one?.id)).toEqual(['a', undefined, 'c']);
});

describe('a session', () => {
  const start = 1_800_000_000_000;

  test('knows its present token, those spent within the grace time, and those that come back', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 0, max: 20_000 }), (waits, later) => {
        let now = start;
        let session = newSession('s', person, times, now);
        const spentAt = new Map<number, number>();
        for (const wait of waits) {
          now += wait;
          spentAt.set(session.generation, now);
          session = nextGeneration(session, person, times, now);
        }
        now += later;
        expect(standing(session, session.generation, times.graceMs, now)).toBe('current');
        expect(standing(session, session.generation + 1, times.graceMs, now)).toBe('unknown');
        // A client that refreshes more than eight times within the grace time is taken for what it looks like.
        const lately = [...spentAt].filter(([, at]) => now - at <= times.graceMs).slice(-8);
        for (const [generation] of spentAt) {
          const graced = lately.some(([one]) => one === generation);
          expect(standing(session, generation, times.graceMs, now)).toBe(graced ? 'graced' : 'reused');
        }
      }),
    );
  });

  test('never outlives its longest life, however often it is refreshed', () => {
    let session = newSession('s', person, times, start);
    for (let day = 1; day < 10; day++) session = nextGeneration(session, person, times, start + (day * times.refreshMs) / 5);
    expect(session.expiresAt).toBe(start + times.sessionMs);
    expect(session.startedAt).toBe(start);
  });
});
