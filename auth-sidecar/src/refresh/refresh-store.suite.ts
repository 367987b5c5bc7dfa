/** What every RefreshStore must do. */
import { describe, expect, test } from '@jest/globals';
import type { RefreshOutcome, RefreshStore, TokenNote } from './refresh-store.js';

export interface RefreshStoreUnderTest {
  /** Two ends of one store: two replicas. */
  readonly stores: readonly [RefreshStore, RefreshStore];
  /** Lets time pass. */
  advance(ms: number): Promise<void>;
}

const note: TokenNote = { session: 's1', userId: 'u1', since: 1_800_000_000_000 };
const spending: RefreshOutcome = { outcome: 'sealed', outcomeMs: 10_000, spent: note, successor: 'new', noteMs: 3_600_000 };
const passing: RefreshOutcome = { outcome: 'away', outcomeMs: 1000, spent: null, successor: null, noteMs: 3_600_000 };

type Open = () => Promise<RefreshStoreUnderTest>;

function leases(open: Open): void {
  test('a token that nobody knows is the first caller’s, for as long as the lease is', async () => {
    const { stores, advance } = await open();
    expect(await stores[0].begin('t', 'a', 5000)).toEqual({ state: 'mine', note: null });
    expect(await stores[1].begin('t', 'b', 5000)).toEqual({ state: 'busy' });
    expect(await stores[0].begin('t', 'a', 5000)).toEqual({ state: 'mine', note: null });
    await advance(5001);
    expect(await stores[1].begin('t', 'b', 5000)).toEqual({ state: 'mine', note: null });
  });

  test('of many at once one gets it', async () => {
    const { stores } = await open();
    const states = await Promise.all(Array.from({ length: 50 }, (_, i) => stores[i % 2]!.begin('t', `o${i}`, 5000)));
    expect(states.filter(({ state }) => state === 'mine')).toHaveLength(1);
    expect(states.filter(({ state }) => state === 'busy')).toHaveLength(49);
  });

  test('a lease that is renewed lasts; another’s, or one that is over, can not be', async () => {
    const { stores, advance } = await open();
    await stores[0].begin('t', 'a', 5000);
    await advance(4000);
    expect(await stores[0].renew('t', 'a', 5000)).toBe(true);
    await advance(4000);
    expect(await stores[1].begin('t', 'b', 5000)).toEqual({ state: 'busy' });
    expect(await stores[1].renew('t', 'b', 5000)).toBe(false);
    await advance(1001);
    expect(await stores[0].renew('t', 'a', 5000)).toBe(false);
    expect(await stores[0].renew('unknown', 'a', 5000)).toBe(false);
  });
}

function outcomes(open: Open): void {
  test('an outcome is everybody’s for its time; then the token is spent, and its successor is known', async () => {
    const { stores, advance } = await open();
    await stores[0].note('t', note, 3_600_000);
    expect(await stores[0].begin('t', 'a', 5000)).toEqual({ state: 'mine', note });
    await stores[0].complete('t', 'a', spending);
    expect(await stores[1].begin('t', 'b', 5000)).toEqual({ state: 'kept', outcome: 'sealed' });
    await advance(9000);
    expect(await stores[1].begin('t', 'b', 5000)).toEqual({ state: 'kept', outcome: 'sealed' });
    await advance(1001);
    expect(await stores[1].begin('t', 'b', 5000)).toEqual({ state: 'spent', note });
    expect(await stores[1].begin('new', 'b', 5000)).toEqual({ state: 'mine', note });
  });

  test('what spends no token is forgotten, and the token may be used again', async () => {
    const { stores, advance } = await open();
    await stores[0].note('t', note, 3_600_000);
    await stores[0].begin('t', 'a', 5000);
    await stores[0].complete('t', 'a', passing);
    expect(await stores[1].begin('t', 'b', 5000)).toEqual({ state: 'kept', outcome: 'away' });
    await advance(1001);
    expect(await stores[1].begin('t', 'b', 5000)).toEqual({ state: 'mine', note });
  });

  test('who lost the lease keeps what spends a token, and nothing else', async () => {
    const { stores, advance } = await open();
    await stores[0].begin('t', 'a', 1000);
    await advance(1001);
    await stores[1].begin('t', 'b', 5000);
    await stores[0].complete('t', 'a', passing);
    expect(await stores[0].begin('t', 'c', 5000)).toEqual({ state: 'busy' });
    await stores[0].complete('t', 'a', spending);
    expect(await stores[1].begin('t', 'c', 5000)).toEqual({ state: 'kept', outcome: 'sealed' });
  });

  test('a lease that is given back is anybody’s; another’s is not given back', async () => {
    const { stores } = await open();
    await stores[0].begin('t', 'a', 5000);
    await stores[1].release('t', 'b');
    expect(await stores[1].begin('t', 'b', 5000)).toEqual({ state: 'busy' });
    await stores[0].release('t', 'a');
    expect(await stores[1].begin('t', 'b', 5000)).toEqual({ state: 'mine', note: null });
  });

  test('notes end', async () => {
    const { stores, advance } = await open();
    await stores[0].note('t', note, 60_000);
    await advance(60_001);
    expect(await stores[1].begin('t', 'a', 5000)).toEqual({ state: 'mine', note: null });
  });
}

/** @param open makes an empty store; called once per test */
export function refreshStoreSuite(name: string, open: Open): void {
  describe(`refresh store: ${name}`, () => {
    leases(open);
    outcomes(open);
  });
}
