/** Connections to a test's Redis, as gateway nodes have them. */

import type { BaseEffects } from '@gatehouse/policy';
import { type FakeEffects, fakeEffects } from '@gatehouse/policy/testing';
import { COMMAND_DEADLINE_MS, RedisConnection, type RedisSettings } from '../../plugins/src/runtime/redis/index.js';

let nodes = 0;

/** Real time and timers, chance that differs between nodes; the log and the metrics can be read. */
export function realEffects(): FakeEffects & BaseEffects {
  const fake = fakeEffects();
  const node = ++nodes;
  return {
    ...fake,
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after: (ms, run) => setTimeout(run, ms).unref(),
    cancel: (handle) => clearTimeout(handle as NodeJS.Timeout),
    random: { bytes: (length) => Uint8Array.from(fake.random.bytes(length), (byte) => byte ^ (node & 255)) },
  };
}

export const settingsOf = (port: number, more: Partial<RedisSettings> = {}): RedisSettings => ({
  host: '127.0.0.1',
  port,
  username: null,
  password: () => null,
  database: 0,
  tls: null,
  deadlineMs: COMMAND_DEADLINE_MS,
  ...more,
});

/** A connection that stands. */
export async function connected(port: number, effects: BaseEffects = realEffects()): Promise<RedisConnection> {
  const redis = new RedisConnection('test', settingsOf(port), effects);
  if (redis.health.state !== 'up') {
    await new Promise<void>((resolve) => {
      const waiting = redis.health.onUp(() => {
        waiting.close();
        resolve();
      });
    });
  }
  return redis;
}
