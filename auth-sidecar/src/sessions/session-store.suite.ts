/** What every SessionStore must do. */
import { describe, expect, test } from '@jest/globals';
import type { SessionRecord, SessionStore } from './session-store.js';

export interface SessionStoreUnderTest {
  /** Two ends of one store: two replicas. */
  readonly stores: readonly [SessionStore, SessionStore];
  /** Lets time pass. */
  advance(ms: number): Promise<void>;
}

const AT = 1_800_000_000_000;
const TTL = 3_600_000;

const session = (id: string, more: Partial<SessionRecord> = {}): SessionRecord => ({
  id,
  userId: 'u1',
  email: 'u1@interview.example',
  firstName: 'Ü',
  lastName: null,
  device: 'Firefox on Linux',
  since: AT,
  lastSeen: AT,
  issuedAt: AT,
  accessUntil: AT + 300_000,
  sealed: 'sealed',
  ...more,
});

const ids = (records: readonly SessionRecord[]): string[] => records.map(({ id }) => id);

type Open = () => Promise<SessionStoreUnderTest>;

function lives(open: Open): void {
  test('a session is there for every replica, until its time is over', async () => {
    const { stores, advance } = await open();
    expect(await stores[0].put(session('a'), 10, TTL)).toEqual({ taken: true, beyond: [] });
    expect(await stores[1].get('a')).toEqual(session('a'));
    expect(await stores[1].get('b')).toBeNull();
    await advance(TTL + 1);
    expect(await stores[1].get('a')).toBeNull();
    expect(await stores[1].list('u1', 10)).toEqual([]);
  });

  test('a user’s sessions come newest first, and no other’s', async () => {
    const { stores } = await open();
    for (const [i, id] of ['a', 'b', 'c'].entries()) await stores[0].put(session(id, { since: AT + i }), 10, TTL);
    await stores[0].put(session('other', { userId: 'u2' }), 10, TTL);
    expect(ids(await stores[1].list('u1', 10))).toEqual(['c', 'b', 'a']);
    expect(ids(await stores[1].list('u1', 2))).toEqual(['c', 'b']);
    expect(ids(await stores[1].list('u2', 10))).toEqual(['other']);
    expect(await stores[1].list('u3', 10)).toEqual([]);
  });

  test('those beyond the bound are named, oldest first; the new one never is', async () => {
    const { stores } = await open();
    for (const [i, id] of ['a', 'b', 'c', 'd'].entries()) await stores[0].put(session(id, { since: AT + i }), 10, TTL);
    const { beyond } = await stores[1].put(session('e', { since: AT - 1 }), 3, TTL);
    expect(ids(beyond)).toEqual(['a', 'b']);
    expect((await stores[1].put(session('e', { since: AT - 1 }), 5, TTL)).beyond).toEqual([]);
  });

  test('an update lasts; there is none of what is not there', async () => {
    const { stores, advance } = await open();
    await stores[0].put(session('a'), 10, TTL);
    await advance(TTL - 1000);
    expect(await stores[1].update(session('a', { lastSeen: AT + 5 }), TTL)).toBe(true);
    await advance(2000);
    expect(await stores[0].get('a')).toEqual(session('a', { lastSeen: AT + 5 }));
    expect(ids(await stores[0].list('u1', 10))).toEqual(['a']);
    expect(await stores[0].update(session('b'), TTL)).toBe(false);
    expect(await stores[0].get('b')).toBeNull();
  });
}

function ends(open: Open): void {
  test('an end takes a session away, is first once, and is remembered', async () => {
    const { stores, advance } = await open();
    await stores[0].put(session('a'), 10, TTL);
    expect(await stores[0].endedAt('a')).toBeNull();
    expect(await stores[1].end('a', AT + 10, TTL)).toEqual({ record: session('a'), first: true });
    expect(await stores[0].end('a', AT + 5, TTL)).toEqual({ record: null, first: false });
    expect(await stores[0].endedAt('a')).toBe(AT + 10);
    expect(await stores[0].list('u1', 10)).toEqual([]);
    expect(await stores[0].update(session('a'), TTL)).toBe(false);
    await advance(TTL + 1);
    expect(await stores[0].endedAt('a')).toBeNull();
  });

  test('of many ends at once one is first', async () => {
    const { stores } = await open();
    await stores[0].put(session('a'), 10, TTL);
    const ends = await Promise.all(Array.from({ length: 20 }, (_, i) => stores[i % 2]!.end('a', AT + i, TTL)));
    expect(ends.filter(({ first }) => first)).toHaveLength(1);
    expect(await stores[0].endedAt('a')).toBe(AT + 19);
  });

  test('what nobody knew can be ended as well, once', async () => {
    const { stores } = await open();
    expect(await stores[0].end('x', AT, TTL)).toEqual({ record: null, first: true });
    expect(await stores[1].end('x', AT, TTL)).toEqual({ record: null, first: false });
  });

  test('after its end a session is taken up only by a token that was issued later', async () => {
    const { stores } = await open();
    await stores[0].end('a', AT, TTL);
    expect(await stores[1].put(session('a', { issuedAt: AT }), 10, TTL)).toEqual({ taken: false, beyond: [] });
    expect(await stores[1].get('a')).toBeNull();
    expect((await stores[1].put(session('a', { issuedAt: AT + 1 }), 10, TTL)).taken).toBe(true);
    expect(await stores[0].end('a', AT + 2, TTL)).toMatchObject({ first: true });
  });

  test('ids and users may be any text', async () => {
    const { stores } = await open();
    const odd = `a:{b}\0 \n"é…${'x'.repeat(200)}`;
    await stores[0].put(session(odd, { userId: odd }), 10, TTL);
    expect(ids(await stores[1].list(odd, 10))).toEqual([odd]);
  });
}

/** @param open makes an empty store; called once per test */
export function sessionStoreSuite(name: string, open: Open): void {
  describe(`session store: ${name}`, () => {
    lives(open);
    ends(open);
  });
}
