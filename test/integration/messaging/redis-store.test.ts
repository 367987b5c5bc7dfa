/** The outbox's store in a real Redis: the suite of all stores, replicas that share one, a Redis that goes away. */

import { MemoryBroker, openOutbox, redisStore, systemTime } from '@gatehouse/messaging';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { describeOutboxStore } from '../../../packages/messaging/src/outbox/store.suite.js';
import { eventually, TestRedis } from '../../support/redis.js';
import { expectAllInOrder, userEvent } from './events.js';

/** Stores that the suite abandons keep no test waiting. */
const time = { ...systemTime, after: (ms: number, run: () => void) => setTimeout(run, ms).unref() };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const TOPIC = 'auth-events';
let server: TestRedis;
let redis: Redis;
let places = 0;

beforeAll(async () => {
  server = await TestRedis.start();
  redis = new Redis(server.url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  redis.on('error', () => undefined);
});

afterAll(async () => {
  redis.disconnect();
  await server.kill();
});

describeOutboxStore('Redis', async () => {
  const name = `place-${places++}`;
  const age = async (): Promise<void> => void (await redis.del(`gatehouse:outbox:{${name}}:lease`));
  return {
    open: async (maxEvents = 1000) => redisStore({ redis, name, maxEvents, time }),
    // Its lease ends by itself; the test does not wait for that.
    abandon: age,
    end: async () => void (await redis.del(`gatehouse:outbox:{${name}}:stream`)),
  };
});

describe('replicas', () => {
  test('one at a time delivers; when it is closed another goes on at once', async () => {
    const [one, two] = [redisStore({ redis, name: 'turns' }), redisStore({ redis, name: 'turns' })];
    await one.append(['"a"']);
    await two.append(['"b"']);
    expect((await one.next(10, 1000))?.lines).toEqual(['"a"', '"b"']);
    expect(await two.next(10, 1000)).toBeNull();
    expect(two.size().events).toBe(2);
    await one.close();
    expect((await two.next(10, 1000))?.lines).toEqual(['"a"', '"b"']);
    await two.close();
  });

  test('a holder that died is followed when its lease has ended', async () => {
    const [one, two] = [redisStore({ redis, name: 'dead' }), redisStore({ redis, name: 'dead' })];
    await one.append(['"a"']);
    expect((await one.next(1, 1000))?.lines).toHaveLength(1);
    expect(await two.next(1, 1000)).toBeNull();
    await server.age(60_000);
    expect((await two.next(1, 1000))?.lines).toEqual(['"a"']);
    // The first wakes up late: what it removes was delivered, what it does not hold it can't give away.
    expect(await one.next(1, 1000)).toBeNull();
    await one.yield();
    expect(await one.next(1, 1000)).toBeNull();
    await one.close();
    await two.close();
  });

  test('three publish, each dies at some time: all arrives, per user in order', async () => {
    const broker = new MemoryBroker(100_000);
    const users = 9;
    const count = 600;
    const make = () => openOutbox({ store: redisStore({ redis, name: 'three', pollMs: 10, leaseMs: 300 }), broker, log: quiet });
    const outboxes = [make(), make(), make()];
    for (let n = 0; n < count; n++) {
      // A user stays with one replica until that replica has stored what it has.
      const at = n % 3;
      outboxes[at]!.publish(userEvent(TOPIC, n, users));
      if (n % 150 === 149) {
        await Promise.all(outboxes.map((outbox) => outbox.stored(10_000)));
        await outboxes[at]!.close(1);
        outboxes[at] = make();
      }
    }
    await eventually('all delivered', () => new Set(broker.list().map(({ value }) => String(value))).size === count);
    for (const outbox of outboxes) await outbox.close();
    expectAllInOrder(broker.list(), count, users);
  });
});

describe('Redis away', () => {
  test('for a while: publishing neither waits nor fails, and all arrives', async () => {
    const broker = new MemoryBroker();
    const outbox = openOutbox({ store: redisStore({ redis, name: 'away', pollMs: 10, callMs: 200 }), broker, log: quiet });
    for (let n = 0; n < 100; n++) outbox.publish(userEvent(TOPIC, n, 5));
    expect(await outbox.stored(5_000)).toBe(true);
    await server.pause();
    for (let n = 100; n < 200; n++) outbox.publish(userEvent(TOPIC, n, 5));
    expect(await outbox.stored(50)).toBe(false);
    await eventually('the store is known to be away', () => !outbox.stats().storeUp);
    await server.resume();
    await eventually('all delivered', () => new Set(broker.list().map(({ value }) => String(value))).size === 200);
    expectAllInOrder(broker.list(), 200, 5);
    await outbox.close();
  });
});
