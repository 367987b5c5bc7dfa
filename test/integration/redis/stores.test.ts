/** The stores on a real Redis, held to the suites that those in process pass. */
import { afterAll, beforeAll } from '@jest/globals';
import { apiKeyStoreSuite } from '../../../plugins/src/api-key/api-key-store.suite.js';
import { revocationFeedSuite } from '../../../plugins/src/jwt-auth/revocation-feed.suite.js';
import type { RedisConnection } from '../../../plugins/src/runtime/redis/index.js';
import { replayStoreSuite } from '../../../plugins/src/signature/replay-store.suite.js';
import { breakerStoreSuite } from '../../../plugins/src/stores/breaker-store.suite.js';
import { idempotencyStoreSuite } from '../../../plugins/src/stores/idempotency-store.suite.js';
import { limitStoreSuite } from '../../../plugins/src/stores/limit-store.suite.js';
import { RedisApiKeyStore } from '../../../plugins/src/stores/redis/api-key-store.js';
import { RedisBreakerStore } from '../../../plugins/src/stores/redis/breaker-store.js';
import { EventStream } from '../../../plugins/src/stores/redis/event-stream.js';
import { RedisIdempotencyStore } from '../../../plugins/src/stores/redis/idempotency-store.js';
import { Keys } from '../../../plugins/src/stores/redis/keys.js';
import { RedisLimitStore } from '../../../plugins/src/stores/redis/limit-store.js';
import { RedisReplayStore } from '../../../plugins/src/stores/redis/replay-store.js';
import { RedisRevocationFeed } from '../../../plugins/src/stores/redis/revocation-feed.js';
import { eventually, TestRedis } from '../../support/redis.js';
import { connected, realEffects } from '../../support/redis-world.js';

let server: TestRedis;
let ends: [RedisConnection, RedisConnection];
const streams: EventStream[] = [];
/** Turns that each stream has read so far. */
const turns: number[] = [];
let made = 0;

beforeAll(async () => {
  server = await TestRedis.start();
  ends = [await connected(server.port), await connected(server.port)];
});

afterAll(async () => {
  for (const stream of streams) stream.close();
  for (const redis of ends) redis.close();
  await server.kill();
});

/** Keys of a system that no other test has. */
const freshKeys = (): Keys => new Keys(`t${++made}`);

/** Reads far more often than a real node does, so that no test waits for it. */
function stream(redis: RedisConnection, keys: Keys): EventStream {
  const effects = realEffects();
  const events = new EventStream(redis, keys, { ...effects, after: (ms, run) => effects.after(Math.min(ms, 5), run) });
  const index = streams.push(events) - 1;
  turns[index] = 0;
  events.addTurn({
    read: async () => {
      turns[index]!++;
    },
  });
  return events;
}

const pass = (ms: number): Promise<void> => server.age(ms);

/** Two more turns of the streams of this test: one may have been under way. */
async function settle(): Promise<void> {
  const latest = streams.length - 2;
  const before = turns.slice(latest);
  await eventually('both nodes have read', () => before.every((count, i) => turns[latest + i]! >= count + 2));
}

limitStoreSuite('Redis', async () => {
  let time = 1_800_000_000_000;
  const keys = freshKeys();
  const store = new RedisLimitStore(ends[0], keys, stream(ends[0], keys), () => time);
  const move = (ms: number): void => {
    time += ms;
  };
  return { store, now: () => time, pass: move };
});

breakerStoreSuite('Redis', async () => {
  const keys = freshKeys();
  return { store: new RedisBreakerStore(ends[0], keys, stream(ends[0], keys)), pass };
});

idempotencyStoreSuite('Redis', async () => ({ store: new RedisIdempotencyStore(ends[0], freshKeys()), pass }));

replayStoreSuite('Redis', async () => ({ store: new RedisReplayStore(ends[0], freshKeys()), pass }));

apiKeyStoreSuite('Redis', async () => {
  const keys = freshKeys();
  const storeOn = (redis: RedisConnection): RedisApiKeyStore => new RedisApiKeyStore(redis, keys, stream(redis, keys), 4);
  return { stores: [storeOn(ends[0]), storeOn(ends[1])], capacity: 4, settle };
});

revocationFeedSuite('Redis', async () => {
  const keys = freshKeys();
  const feedOn = (redis: RedisConnection): RedisRevocationFeed => new RedisRevocationFeed(redis, keys, stream(redis, keys), realEffects());
  return { feeds: [feedOn(ends[0]), feedOn(ends[1])], now: () => Date.now(), settle };
});
