/** The sidecar's stores on a real Redis: the suites that those in process pass. */
import { Keys } from '@gatehouse/plugins';
import { afterAll, beforeAll } from '@jest/globals';
import { RedisRefreshStore } from '../../auth-sidecar/src/refresh/redis-refresh-store.js';
import { refreshStoreSuite } from '../../auth-sidecar/src/refresh/refresh-store.suite.js';
import { RedisSessionStore } from '../../auth-sidecar/src/sessions/redis-session-store.js';
import { sessionStoreSuite } from '../../auth-sidecar/src/sessions/session-store.suite.js';
import type { RedisConnection } from '../../plugins/src/runtime/redis/index.js';
import { TestRedis } from '../support/redis.js';
import { connected } from '../support/redis-world.js';

let server: TestRedis;
let connections: RedisConnection[];
beforeAll(async () => {
  server = await TestRedis.start();
  connections = await Promise.all([connected(server.port), connected(server.port)]);
});
afterAll(async () => {
  for (const connection of connections) connection.close();
  await server.kill();
});

/** Two ends of an empty store. */
async function open<T>(make: (memory: { redis: RedisConnection; keys: Keys }) => T) {
  await server.ask('FLUSHALL');
  const ends = connections.map((redis) => make({ redis, keys: new Keys('interview') }));
  return { stores: [ends[0]!, ends[1]!] as const, advance: (ms: number) => server.age(ms) };
}

refreshStoreSuite('on Redis', () => open((memory) => new RedisRefreshStore(memory)));
sessionStoreSuite('on Redis', () => open((memory) => new RedisSessionStore(memory)));
