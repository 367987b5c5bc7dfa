import { describe, expect, test } from '@jest/globals';
import type { CounterAsk, RemoteCounters } from '../../plugin.js';
import { SyncedCounters } from './synced-counters.js';

const ask = (key: string, limit = 10): CounterAsk => ({ key, limit, seconds: 60 });

/** What several nodes share, with the reads that reached it and a timer that the test fires. */
class World {
  readonly values = new Map<string, number>();
  readonly logged: string[] = [];
  reads = 0;
  away = false;
  private due: (() => void)[] = [];

  private readonly remote: RemoteCounters = {
    take: () => Promise.reject(new Error('not asked')),
    read: async (asks) => {
      this.reads++;
      if (this.away) throw new Error('away');
      return asks.map(({ key }) => this.values.get(key) ?? 0);
    },
    add: async ({ key }, amount) => {
      if (this.away) throw new Error('away');
      this.values.set(key, (this.values.get(key) ?? 0) + amount);
    },
    close: () => undefined,
  };

  node(): SyncedCounters {
    return new SyncedCounters(this.remote, 1, {
      after: (_ms, run) => this.due.push(run),
      cancel: () => undefined,
      log: (_level, message) => void this.logged.push(message),
    });
  }

  /** The time of a sync has come on all nodes. */
  async sync(): Promise<void> {
    for (const run of this.due.splice(0)) run();
    await new Promise(setImmediate);
  }
}

describe('counters that are synced', () => {
  test('count here, and on other nodes after a sync', async () => {
    const world = new World();
    const [a, b] = [world.node(), world.node()];
    expect(await a.take([ask('k')], 0)).toEqual([0]);
    expect(await a.take([ask('k')], 0)).toEqual([1]);
    expect(await b.take([ask('k')], 0)).toEqual([0]);
    expect(world.reads).toBe(2);
    await world.sync();
    expect(world.values.get('k')).toBe(3);
    expect(await a.take([ask('k')], 0)).toEqual([3]);
    expect(await b.take([ask('k')], 0)).toEqual([3]);
  });

  test('read a counter once for all requests that come at once', async () => {
    const world = new World();
    const node = world.node();
    const used = await Promise.all(Array.from({ length: 20 }, () => node.take([ask('k', 5)], 0)));
    expect(used.filter(([before]) => before! < 5)).toHaveLength(5);
    expect(world.reads).toBe(1);
    await world.sync();
    expect(world.values.get('k')).toBe(5);
  });

  test('say what they lost', async () => {
    const world = new World();
    const node = world.node();
    await node.take([ask('k')], 0);
    world.away = true;
    await world.sync();
    expect(world.logged).toEqual(['counts did not reach Redis and are lost']);
    await expect(node.take([ask('k')], 0)).rejects.toThrow('away');
    world.away = false;
    expect(await node.take([ask('k')], 0)).toEqual([0]);
  });

  test('begin anew when their window is over', async () => {
    const world = new World();
    const node = world.node();
    await node.take([ask('k')], 0);
    world.values.set('k', 7);
    expect(await node.take([ask('k')], 60_000)).toEqual([7]);
  });

  test('bring what is left when they end', async () => {
    const world = new World();
    const node = world.node();
    await node.take([ask('k')], 0);
    node.close();
    await new Promise(setImmediate);
    expect(world.values.get('k')).toBe(1);
  });
});
