/** What happens to commands when Redis is killed, stopped, slow, silent, restarted, a replica, or asks for a password. */

import { fakeEffects } from '@gatehouse/policy/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { RedisAwayError, RedisConnection, RedisDeadlineError, script } from '../../../plugins/src/runtime/redis/index.js';
import { eventually, TestRedis } from '../../support/redis.js';
import { connected, realEffects, settingsOf } from '../../support/redis-world.js';
import { SlowProxy } from '../../support/slow-proxy.js';

const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function server(...more: string[]): Promise<TestRedis> {
  const redis = await TestRedis.start(...more);
  endings.push(() => redis.kill());
  return redis;
}

async function proxyTo(port: number): Promise<SlowProxy> {
  const proxy = await SlowProxy.start(port);
  endings.push(() => proxy.close());
  return proxy;
}

function ended(redis: RedisConnection): RedisConnection {
  endings.push(() => redis.close());
  return redis;
}

/** A connection whose deadlines a test moves by hand. */
async function underClock(port: number) {
  const effects = fakeEffects();
  const redis = ended(await connected(port, effects));
  return { redis, effects, clock: effects.clock };
}

/** What becomes of a command, without waiting for it. */
function watched(command: Promise<unknown>): { state: string } {
  const seen = { state: 'pending' };
  command.then(
    () => {
      seen.state = 'answered';
    },
    (error) => {
      seen.state = error.code;
    },
  );
  return seen;
}

const count = script("return redis.call('INCR', KEYS[1])");

describe('deadlines', () => {
  test('a stopped Redis is waited for 50 ms; after three misses not at all, until it answers again', async () => {
    const { port, pause, resume } = await server().then((redis) => ({
      port: redis.port,
      pause: () => redis.pause(),
      resume: () => redis.resume(),
    }));
    endings.push(resume);
    const { redis, clock, effects } = await underClock(port);
    await pause();
    const waiting = watched(redis.command('get', ['a']));
    await clock.advance(49);
    expect(waiting.state).toBe('pending');
    await clock.advance(1);
    expect(waiting.state).toBe('REDIS_DEADLINE');
    for (let i = 0; i < 2; i++) {
      const late = redis.command('get', ['a']).catch((error) => error);
      await clock.advance(50);
      expect(await late).toBeInstanceOf(RedisDeadlineError);
    }
    expect(redis.health.state).toBe('down');
    await expect(redis.command('get', ['a'])).rejects.toBeInstanceOf(RedisAwayError);
    expect(effects.values.get('gatehouse_redis_up{test}')).toBe(0);
    await resume();
    await eventually('it is back', async () => {
      await clock.advance(50);
      return redis.health.state === 'up';
    });
    expect(await redis.command('get', ['a'])).toBeNull();
    expect(effects.lines.map(({ message }) => message)).toEqual(['Redis is there', 'Redis is away', 'Redis is back']);
  });

  test('one that is slow (500 ms) is not waited for, and not believed before it is fast again', async () => {
    const proxy = await proxyTo((await server()).port);
    const redis = ended(await connected(proxy.port));
    proxy.delayMs = 500;
    await Promise.allSettled(Array.from({ length: 5 }, () => redis.command('get', ['a'])));
    expect(redis.health.state).toBe('down');
    const began = proxy.connections;
    await expect(redis.command('get', ['a'])).rejects.toBeInstanceOf(RedisAwayError);
    proxy.delayMs = 0;
    await eventually('it is back', () => redis.health.state === 'up');
    expect(await redis.command('get', ['a'])).toBeNull();
    expect(proxy.connections).toBe(began);
  });

  test('a peer that went away without a word is left after five seconds for a new connection', async () => {
    const proxy = await proxyTo((await server()).port);
    const { redis, clock } = await underClock(proxy.port);
    proxy.delayMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) {
      redis.command('get', ['a']).catch(() => undefined);
      await clock.advance(50);
    }
    expect(redis.health.state).toBe('down');
    await eventually('it connects again', async () => {
      await clock.advance(500);
      return proxy.connections > 1;
    });
    proxy.delayMs = 0;
    await eventually('it is back', async () => {
      await clock.advance(500);
      return redis.health.state === 'up';
    });
  });

  test('the first commands wait for the first connection, within their deadline', async () => {
    const { port } = await server();
    const redis = ended(new RedisConnection('test', settingsOf(port), realEffects()));
    expect(await redis.command('set', ['a', '1'])).toBe('OK');
  });

  test('with nobody there, commands are refused and the process goes on', async () => {
    const gone = await server();
    await gone.kill();
    const redis = ended(new RedisConnection('test', settingsOf(gone.port), realEffects()));
    await expect(redis.command('get', ['a'])).rejects.toBeInstanceOf(RedisAwayError);
    await gone.launch();
    await eventually('it is there', () => redis.health.state === 'up');
  });
});

describe('restarts', () => {
  test('killed under load: every command ends, and all is well again after the restart, scripts too', async () => {
    const killed = await server();
    const redis = ended(await connected(killed.port));
    expect(await redis.script(count, ['a'], [])).toBe(1);
    const flood = Array.from({ length: 200 }, () => redis.script(count, ['a'], []));
    await killed.kill();
    await Promise.allSettled(flood);
    await eventually('it is missed', () => redis.health.state === 'down');
    await killed.launch();
    await eventually('it is back', () => redis.health.state === 'up');
    expect(await redis.script(count, ['a'], [])).toBe(1);
  });

  test('a flushed script is given again, also to many at once', async () => {
    const flushed = await server();
    const redis = ended(await connected(flushed.port));
    await redis.script(count, ['a'], []);
    await flushed.ask('SCRIPT', 'FLUSH');
    const replies = await Promise.all(Array.from({ length: 20 }, () => redis.script(count, ['a'], [])));
    expect([...replies].sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 20 }, (_, i) => i + 2));
  });

  test('a primary that became a replica is left; its way back works', async () => {
    const demoted = await server();
    const redis = ended(await connected(demoted.port));
    await demoted.ask('REPLICAOF', '127.0.0.1', '1');
    const { epoch } = redis;
    await expect(redis.command('set', ['a', '1'])).rejects.toThrow('READONLY');
    await demoted.ask('REPLICAOF', 'NO', 'ONE');
    await eventually('it connected again', () => redis.epoch > epoch && redis.health.state === 'up');
    expect(await redis.command('set', ['a', '1'])).toBe('OK');
  });

  test('what goes out in one turn of the event loop is carried out in order', async () => {
    const redis = ended(await connected((await server()).port));
    const all = Array.from({ length: 50 }, (_, i) => redis.command('rpush', ['list', String(i)]));
    await Promise.all(all);
    expect(await redis.command('lrange', ['list', '0', '-1'])).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
  });
});

describe('passwords', () => {
  test('are read again at every connection; a wrong one is said, not shown', async () => {
    const locked = await server('--requirepass', 'open-sesame');
    const effects = realEffects();
    let password = 'wrong-sesame';
    const redis = ended(new RedisConnection('test', settingsOf(locked.port, { password: () => password }), effects));
    await eventually('it is refused', () => redis.health.state === 'down');
    await expect(redis.command('get', ['a'])).rejects.toBeInstanceOf(RedisAwayError);
    password = 'open-sesame';
    await eventually('it is let in', () => redis.health.state === 'up');
    expect(JSON.stringify(effects.lines)).not.toContain('sesame');
  });
});
