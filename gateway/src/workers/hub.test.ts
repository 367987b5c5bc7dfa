import { fakeEffects } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import type { CounterAsk } from '../plugin.js';
import { Channel, type ChannelHandlers } from './channel.js';
import { type CounterCall, Hub, type SiblingTale, type StoreCall, type StoreEvent } from './hub.js';
import { HubSharing, shareOf } from './hub-sharing.js';
import { HubStores } from './hub-stores.js';

const ask = (key: string, limit: number): CounterAsk => ({ key, limit, seconds: 60 });
const settle = async (): Promise<void> => {
  for (let i = 0; i < 6; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** A first process with three workers, joined in memory; `cut` makes it deaf. */
function world() {
  const effects = fakeEffects();
  const needs = { ...effects, now: () => effects.clock.now() };
  const state = { cut: false, degraded: 0 };
  const ends: Channel[] = [];
  const hub = new Hub(
    {
      cast: (name, data, except) => ends.forEach((end, i) => void (i !== except && end.cast(name, data))),
      castSpare: (name, data, bytes, except) => ends.forEach((end, i) => void (i !== except && end.castSpare(name, data, bytes))),
    },
    needs,
  );
  const workers = [0, 1, 2].map((number) => {
    const first: ChannelHandlers = {
      cast: (name, data) => (name === 'sibling' ? hub.relay(data as SiblingTale, number) : hub.add(data as never)),
      call: (name, data) => {
        if (name === 'count') return hub.count(data as CounterCall);
        if (name === 'store') return hub.ask(data as StoreCall, number);
        return hub.revocations(data as string);
      },
      stuck: () => undefined,
    };
    const degraded = (): void => {
      state.degraded++;
    };
    const channel: Channel = new Channel(
      {
        send: (message, sent) => {
          if (!state.cut) ends[number]!.receive(structuredClone(message));
          sent(null);
        },
      },
      {
        cast: (name, data) => (name === 'sibling' ? sharing.heard(data as SiblingTale) : stores.happened(data as StoreEvent)),
        call: () => null,
        stuck: () => undefined,
      },
      effects.clock,
    );
    ends[number] = new Channel(
      {
        send: (message, sent) => {
          channel.receive(structuredClone(message));
          sent(null);
        },
      },
      first,
      effects.clock,
    );
    const sharing = new HubSharing(channel, 3, degraded);
    const stores = new HubStores(channel, 3, degraded);
    return { sharing, stores: stores.of('gongbu', needs), channel };
  });
  return { workers, state, clock: effects.clock };
}

describe('counters', () => {
  test('are one for all workers, in one step', async () => {
    const { workers } = world();
    const taken = await Promise.all(
      Array.from({ length: 30 }, (_, i) => workers[i % 3]!.sharing.counters('rate-limiting').take([ask('k', 7), ask('wide', 100)], 0)),
    );
    expect(taken.filter(([used]) => used! < 7)).toHaveLength(7);
    expect(await workers[0]!.sharing.counters('rate-limiting').read([ask('wide', 100)], 0)).toEqual([7]);
    expect(await workers[0]!.sharing.counters('other').read([ask('k', 7)], 0)).toEqual([0]);
  });

  test('of a worker that gets no answer stay within its share, and the share is what is told', async () => {
    const { workers, state, clock } = world();
    state.cut = true;
    const counters = workers[0]!.sharing.counters('rate-limiting');
    const seen: (readonly number[])[] = [];
    for (let i = 0; i < 4; i++) {
      const asked = Promise.resolve(counters.take([ask('k', 9)], clock.now())).then((used) => seen.push(used));
      await settle();
      await clock.advance(250);
      await asked;
    }
    expect(seen).toEqual([[6], [7], [8], [9]]);
    expect(state.degraded).toBe(4);
  });

  test.each([
    [10, 3, 3],
    [1, 8, 1],
    [0, 2, 1],
  ])('of a limit of %i one of %i workers has %i', (limit, workers, share) => expect(shareOf(limit, workers)).toBe(share));
});

test('siblings hear each other, not themselves', async () => {
  const { workers } = world();
  const heard: string[] = [];
  workers.forEach(({ sharing }, i) => void sharing.siblings('p').listen((data) => heard.push(`${i}:${data}`)));
  workers[1]!.sharing.siblings('p').tell('x', 10);
  await settle();
  expect(heard.sort()).toEqual(['0:x', '2:x']);
});

describe('stores', () => {
  const window = { id: 'w/1000|', limit: 5, periodMs: 60_000, sliding: false };

  test('count limits for all; alone a worker counts to its share', async () => {
    const { workers, state, clock } = world();
    const asks = [{ window, subject: 'u|', cost: 1 as const }];
    const replies = await Promise.all(Array.from({ length: 12 }, (_, i) => workers[i % 3]!.stores.limits.take(asks)));
    expect(replies.filter(([left]) => left! >= 0)).toHaveLength(5);
    state.cut = true;
    const alone: (readonly number[])[] = [];
    for (let i = 0; i < 2; i++) {
      const asked = Promise.resolve(workers[0]!.stores.limits.take(asks)).then((reply) => alone.push(reply));
      await settle();
      await clock.advance(250);
      await asked;
    }
    expect(alone.map(([left]) => left)).toEqual([0, -1]);
  });

  test('a breaker that one worker tells of is heard by the others; the probe is one', async () => {
    const { workers } = world();
    const heard: string[] = [];
    workers.forEach(({ stores }, i) => void stores.breakers.watch((record) => heard.push(`${i}:${record?.state}`)));
    const record = { service: 's', state: 'open' as const, remainingMs: 1000, forced: false };
    expect(await workers[2]!.stores.breakers.tell(record)).toMatchObject({ state: 'open' });
    await settle();
    expect(heard.sort()).toEqual(['0:open', '1:open']);
    const leases = await Promise.all(workers.map(({ stores }, i) => stores.breakers.lease('s', `r${i}`, 1000)));
    expect(leases.filter(Boolean)).toHaveLength(1);
  });

  test('a first answer is given again by any worker, bytes and all', async () => {
    const { workers } = world();
    const body = Uint8Array.of(0, 255, 10);
    expect(await workers[0]!.stores.idempotency.claim('k', 'a', 'f', 1000)).toEqual({ state: 'new' });
    expect(await workers[1]!.stores.idempotency.claim('k', 'b', 'f', 1000)).toEqual({ state: 'running' });
    await workers[0]!.stores.idempotency.complete('k', 'a', { status: 201, headers: [['x', 'y']], body }, 1000);
    const again = await workers[2]!.stores.idempotency.claim('k', 'c', 'f', 1000);
    expect(again).toEqual({ state: 'done', answer: { status: 201, headers: [['x', 'y']], body } });
  });

  test('a revocation comes to all, also to those who follow later', async () => {
    const { workers } = world();
    const revocation = { system: 'gongbu', kind: 'user' as const, id: 'u', since: 1, until: 9e15 };
    const seen: string[] = [];
    workers[0]!.stores.revocations.follow(
      (one) => seen.push(one.id),
      () => undefined,
    );
    await settle();
    await workers[1]!.stores.revocations.publish(revocation);
    await settle();
    expect(seen).toEqual(['u']);
    workers[2]!.stores.revocations.follow(
      (one) => seen.push(one.id),
      () => undefined,
    );
    await settle();
    expect(seen).toEqual(['u', 'u']);
  });

  test('nothing else can be asked of them', async () => {
    const { workers } = world();
    const call = (store: string, method: string): Promise<unknown> =>
      workers[0]!.channel.call('store', { system: 's', store, method, args: [] }, 100);
    for (const [store, method] of [
      ['limits', 'constructor'],
      ['close', 'call'],
      ['__proto__', 'toString'],
    ]) {
      await expect(call(store!, method!)).rejects.toThrow(`has no ${method}`);
    }
  });
});
