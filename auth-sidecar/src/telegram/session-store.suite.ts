/** What every TelegramSessionStore must do. */
import { describe, expect, test } from '@jest/globals';
import type { Person } from './person.js';
import { newSession, nextGeneration, type SessionTimes, type TelegramSession, type TelegramSessionStore } from './session.js';

export interface SessionStoreUnderTest {
  /** Two ends of one store, as two replicas have them. */
  readonly stores: readonly [TelegramSessionStore, TelegramSessionStore];
  /** Unix milliseconds. */
  now(): number;
  /** Lets time go by. */
  pass(ms: number): Promise<void>;
}

export const times: SessionTimes = { accessMs: 3_600_000, refreshMs: 86_400_000, sessionMs: 2 * 86_400_000, graceMs: 10_000 };
export const person: Person = {
  userId: 'usr_7',
  telegramId: 7,
  role: 'creator',
  subscriptionPlan: 'professional',
  permissions: ['course:read', 'a "quoted" one'],
};

/** @param open makes an empty store; called once per test */
export function sessionStoreSuite(name: string, open: () => Promise<SessionStoreUnderTest>): void {
  describe(`Telegram session store: ${name}`, () => {
    test('gives what was put last, on every replica, until it ends', async () => {
      const { stores, now } = await open();
      const first = newSession('s1', person, times, now());
      await stores[0].add(first);
      expect(await stores[1].get('s1')).toEqual(first);
      expect(await stores[1].get('s2')).toBeNull();
      await stores[1].end('s1');
      await stores[1].end('s1');
      expect(await stores[0].get('s1')).toBeNull();
    });

    test('of many next generations takes one', async () => {
      const { stores, now } = await open();
      const at = now();
      const first = newSession('s1', person, times, at);
      await stores[0].add(first);
      const next = (n: number): TelegramSession => nextGeneration(first, { ...person, userId: `usr_${n}` }, times, at + n);
      const taken = await Promise.all(Array.from({ length: 20 }, (_, n) => stores[n % 2]!.advance(next(n))));
      expect(taken.filter(Boolean)).toHaveLength(1);
      expect(await stores[0].get('s1')).toEqual(next(taken.indexOf(true)));
      expect(await stores[1].advance(next(1))).toBe(false);
    });

    test('never brings back what ended', async () => {
      const { stores, now } = await open();
      const first = newSession('s1', person, times, now());
      await stores[0].add(first);
      await stores[0].end('s1');
      expect(await stores[1].advance(nextGeneration(first, person, times, now()))).toBe(false);
      expect(await stores[1].get('s1')).toBeNull();
    });

    test('lets go of what expired', async () => {
      const { stores, now, pass } = await open();
      const first = newSession('s1', person, times, now());
      await stores[0].add(first);
      await pass(times.refreshMs + 1000);
      expect(await stores[1].get('s1')).toBeNull();
      expect(await stores[0].advance(nextGeneration(first, person, times, now()))).toBe(false);
    });
  });
}
