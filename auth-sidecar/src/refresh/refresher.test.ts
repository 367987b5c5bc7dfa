/** What a refresher does when leases are lost and stores fail: the provider is a function. */
import { createHash } from 'node:crypto';
import { fakeEffects } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { RefusedError } from '../oidc/client.js';
import type { TokenSet } from '../oidc/tokens.js';
import type { Sessions } from '../sessions/sessions.js';
import { MemoryRefreshStore } from './memory-refresh-store.js';
import type { RefreshStore } from './refresh-store.js';
import { Refresher } from './refresher.js';

const tokens = (refreshToken: string): TokenSet => ({
  accessToken: 'access',
  refreshToken,
  idToken: null,
  expiresIn: 300,
  refreshExpiresIn: null,
  person: { userId: 'u', email: 'u@interview.example', firstName: null, lastName: null },
  sessionId: 's',
  issuedAt: 0,
  accessUntil: 1,
});

/** A call to the provider that waits for its answer. */
interface Asked {
  answer(set: TokenSet): void;
  refuse(): void;
}

function setup(change: (store: RefreshStore) => RefreshStore = (store) => store) {
  const effects = fakeEffects();
  const store = change(new MemoryRefreshStore(() => effects.clock.now()));
  const ended: string[] = [];
  const told: string[] = [];
  const state = { over: false };
  const sessions = {
    endedSince: async () => state.over,
    endAtProvider: (id: string, token: string) => void told.push(`end ${id} ${token}`),
    refreshed: async () => null,
    end: async (id: string) => void ended.push(id),
  } as unknown as Sessions;
  const events = { authenticated: (_: unknown, session: string) => void told.push(session) } as never;
  const asked: Asked[] = [];
  const ask = (): Promise<TokenSet> =>
    new Promise((resolve, reject) => void asked.push({ answer: resolve, refuse: () => reject(new RefusedError('invalid_grant')) }));
  const settings = { graceMs: 10_000, sessionIdleMs: 3_600_000 };
  const replica = () => new Refresher({ store, sessions, events, settings, secrets: ['s'.repeat(32)], effects, ask });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await effects.clock.advance(0);
  };
  return { effects, state, ended, told, asked, replica, until };
}

const note = { session: 's', userId: 'u', since: 0 };

describe('a replica that stood still for longer than its lease', () => {
  test('gives what the other got, and ends nothing, though the provider refuses its call', async () => {
    const dead = (store: RefreshStore): RefreshStore => ({
      note: (...args) => store.note(...args),
      begin: (...args) => store.begin(...args),
      renew: async () => false,
      complete: (...args) => store.complete(...args),
      release: (...args) => store.release(...args),
    });
    const { effects, asked, ended, replica, until } = setup(dead);
    const [a, b] = [replica(), replica()];
    await a.issued('old', note);
    const first = a.refresh('old');
    await until(() => asked.length === 1);
    await effects.clock.advance(6001);
    const second = b.refresh('old');
    await until(() => asked.length === 2);
    asked[1]!.answer(tokens('new'));
    const pair = await second;
    asked[0]!.refuse();
    expect(await first).toEqual(pair);
    expect(pair).toMatchObject({ refreshToken: 'new' });
    expect(ended).toEqual([]);
  });
});

describe('a lease', () => {
  test('is renewed for as long as the provider takes, and no timer is left behind', async () => {
    const { effects, asked, replica, until } = setup();
    const [a, b] = [replica(), replica()];
    const first = a.refresh('old');
    await until(() => asked.length === 1);
    const second = b.refresh('old');
    await effects.clock.advance(14_000);
    expect(asked).toHaveLength(1);
    asked[0]!.answer(tokens('new'));
    const pair = await first;
    await effects.clock.advance(100);
    expect(await second).toEqual(pair);
    expect(effects.clock.waiting).toBe(0);
  });

  test('that another holds for too long is 503', async () => {
    const { effects, replica } = setup((store) => Object.assign(store, { begin: async () => ({ state: 'busy' }) }));
    const waiting = replica()
      .refresh('old')
      .catch((error) => error.denial.code);
    await effects.clock.advance(0);
    await effects.clock.advance(15_100);
    expect(await waiting).toBe('service_unavailable');
  });
});

test('a pair that can not be kept is given all the same: the provider has spent the token', async () => {
  const { effects, asked, replica, until, told } = setup((store) =>
    Object.assign(store, { complete: () => Promise.reject(new Error('away')) }),
  );
  const first = replica().refresh('old');
  await until(() => asked.length === 1);
  asked[0]!.answer(tokens('new'));
  expect(await first).toMatchObject({ refreshToken: 'new' });
  expect(told).toEqual(['s']);
  expect(effects.lines.some(({ message }) => message === 'a refresh could not be kept')).toBe(true);
});

test('a provider that does not rotate: the token stays good', async () => {
  const { effects, asked, replica, until } = setup();
  const refresher = replica();
  for (const call of [1, 2]) {
    const running = refresher.refresh('same');
    await until(() => asked.length === call);
    asked[call - 1]!.answer(tokens('same'));
    expect(await running).toMatchObject({ refreshToken: 'same' });
    await effects.clock.advance(10_001);
  }
});

test('a replica that died with the lease is followed by another, which gets a pair of its own', async () => {
  const store = new MemoryRefreshStore(() => effects.clock.now());
  const { effects, asked, ended, replica, until } = setup(() => store);
  const [dead, other] = ['dead', replica()] as const;
  await other.issued('old', note);
  const name = createHash('sha256').update('old').digest('base64url');
  expect(await store.begin(name, dead, 6000)).toMatchObject({ state: 'mine' });
  const waiting = Promise.all(Array.from({ length: 20 }, () => other.refresh('old')));
  await effects.clock.advance(5900);
  expect(asked).toHaveLength(0);
  await effects.clock.advance(200);
  await until(() => asked.length === 1);
  asked[0]!.answer(tokens('new'));
  expect((await waiting).every(({ refreshToken }) => refreshToken === 'new')).toBe(true);
  expect(asked).toHaveLength(1);
  expect(ended).toEqual([]);
});

describe('a session that ended while the provider was asked', () => {
  const answers = [
    ['gave a pair', (call: Asked) => call.answer(tokens('new')), ['end s new']],
    ['refused', (call: Asked) => call.refuse(), []],
  ] as const;
  test.each(answers)('is not ended again when it %s: who signed in since may have the same', async (_, answer, says) => {
    const { state, asked, ended, told, replica, until } = setup();
    const one = replica();
    await one.issued('old', note);
    const refreshing = one.refresh('old');
    await until(() => asked.length === 1);
    state.over = true;
    answer(asked[0]!);
    await expect(refreshing).rejects.toMatchObject({ reason: 'token_invalid' });
    expect(ended).toEqual([]);
    expect(told).toEqual(says);
  });
});
