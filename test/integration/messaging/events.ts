/** Events of many users for the tests, and whether they arrived as they should. */

import type { OutgoingEvent } from '@gatehouse/messaging';
import { expect } from '@jest/globals';

/** Event number n of a run: users take turns, each counts its own events in `seq`. */
export function userEvent(topic: string, n: number, users: number): OutgoingEvent {
  const user = `user-${n % users}`;
  const value = { eventId: `event-${n}`, eventType: 'user.authenticated', userId: user, seq: Math.floor(n / users) };
  return { topic, key: user, id: value.eventId, type: value.eventType, time: new Date().toISOString(), value };
}

interface Arrived {
  readonly partition?: number;
  readonly key: string;
  readonly value: string | Buffer;
}

/** What each user's first arrivals count, in their order: more than once is allowed, and does not matter after the first time. */
function firstArrivals(messages: readonly Arrived[]): Map<string, number[]> {
  const seen = new Map<string, Set<number>>();
  for (const { key, value } of messages) {
    const { userId, seq } = JSON.parse(String(value)) as { userId: string; seq: number };
    expect(userId).toBe(key);
    seen.set(key, (seen.get(key) ?? new Set()).add(seq));
  }
  return new Map([...seen].map(([user, numbers]) => [user, [...numbers]]));
}

/** Fails unless events 0 to `count` have all arrived, per user in the order in which they were published. */
export function expectAllInOrder(messages: readonly Arrived[], count: number, users: number): void {
  const arrived = firstArrivals(messages);
  const wanted = new Map(
    Array.from({ length: Math.min(users, count) }, (_, u) => [
      `user-${u}`,
      Array.from({ length: Math.ceil((count - u) / users) }, (_, i) => i),
    ]),
  );
  expect(Object.fromEntries(arrived)).toEqual(Object.fromEntries(wanted));
}
