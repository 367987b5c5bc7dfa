/** Telegram sessions on a real Redis, held to the suite that those in process pass. */
import { afterAll, beforeAll } from '@jest/globals';
import { RedisSessionStore } from '../../../auth-sidecar/src/telegram/redis-session-store.js';
import { sessionStoreSuite } from '../../../auth-sidecar/src/telegram/session-store.suite.js';
import type { RedisConnection } from '../../../plugins/src/runtime/redis/index.js';
import { Keys } from '../../../plugins/src/stores/redis/keys.js';
import { TestRedis } from '../../support/redis.js';
import { connected } from '../../support/redis-world.js';

let redis: TestRedis;
let ends: [RedisConnection, RedisConnection];
let made = 0;

beforeAll(async () => {
  redis = await TestRedis.start();
  ends = [await connected(redis.port), await connected(redis.port)];
});

afterAll(async () => {
  for (const end of ends) end.close();
  await redis.kill();
});

sessionStoreSuite('Redis', async () => {
  const keys = new Keys(`t${++made}`);
  let passed = 0;
  const pass = async (ms: number): Promise<void> => {
    passed += ms;
    await redis.age(ms);
  };
  return { stores: [new RedisSessionStore(ends[0], keys), new RedisSessionStore(ends[1], keys)], now: () => Date.now() + passed, pass };
});
