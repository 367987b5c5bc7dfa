import { describe, expect, test } from '@jest/globals';
import { BatchQueue, type QueueEffects, type QueueSettings } from './batch-queue.js';

const defaults: QueueSettings = {
  max_batch_size: 1,
  max_coalescing_delay: 1,
  max_entries: 100,
  max_bytes: null,
  max_retry_time: 60,
  initial_retry_delay: 0.01,
  max_retry_delay: 60,
};

/** A clock that jumps to whatever is waited for, and a receiver that fails as often as it is told to. */
class Bench {
  time = 0;
  failures = 0;
  readonly waits: number[] = [];
  readonly batches: string[][] = [];
  readonly logged: string[] = [];
  readonly queue: BatchQueue;

  constructor(settings: Partial<QueueSettings> = {}) {
    const effects: QueueEffects = {
      now: () => this.time,
      sleep: async (ms) => {
        this.waits.push(ms);
        this.time += ms;
      },
      log: (level, message) => void this.logged.push(`${level}: ${message}`),
    };
    this.queue = new BatchQueue(
      { ...defaults, ...settings },
      async (batch) => {
        if (this.failures-- > 0) throw new Error('refused');
        this.batches.push([...batch]);
      },
      effects,
    );
  }

  async feed(...entries: string[]): Promise<this> {
    for (const entry of entries) this.queue.add(entry);
    await this.queue.close();
    return this;
  }
}

describe('batches', () => {
  test('of one go at once', async () => {
    const bench = await new Bench().feed('a', 'b', 'c');
    expect(bench.batches).toEqual([['a'], ['b'], ['c']]);
    expect(bench.waits).toEqual([]);
  });

  test('are filled, and the rest waits for company', async () => {
    const bench = new Bench({ max_batch_size: 2, max_coalescing_delay: 5 });
    for (const entry of ['a', 'b', 'c']) bench.queue.add(entry);
    while (bench.queue.size > 0) await Promise.resolve();
    await bench.queue.close();
    expect(bench.batches).toEqual([['a', 'b'], ['c']]);
    expect(bench.waits).toEqual([5000]);
  });

  test('what comes after a pause starts anew', async () => {
    const bench = await new Bench().feed('a');
    await bench.feed('b');
    expect(bench.batches).toEqual([['a'], ['b']]);
  });
});

describe('retries', () => {
  test('wait longer each time, up to a bound', async () => {
    const bench = new Bench({ max_retry_delay: 0.03 });
    bench.failures = 4;
    bench.queue.add('a');
    while (bench.batches.length === 0) await Promise.resolve();
    expect(bench.waits).toEqual([10, 20, 30, 30]);
  });

  test('end, and the next batch has its turn', async () => {
    const bench = new Bench({ max_retry_time: 0.05, initial_retry_delay: 0.04 });
    bench.failures = 3;
    for (const entry of ['lost', 'b']) bench.queue.add(entry);
    while (bench.batches.length === 0) await Promise.resolve();
    expect(bench.batches).toEqual([['b']]);
    expect(bench.logged.at(-1)).toBe('error: 1 queue entries were lost');
  });

  test('do not hold up the end', async () => {
    const bench = new Bench();
    bench.failures = 100;
    await bench.feed('a', 'b');
    expect(bench.waits).toEqual([]);
    expect(bench.logged.filter((line) => line.startsWith('error'))).toHaveLength(2);
  });
});

describe('bounds', () => {
  test('the oldest entries go', async () => {
    const bench = await new Bench({ max_entries: 2, max_batch_size: 9 }).feed('a', 'b', 'c');
    expect(bench.batches).toEqual([['b', 'c']]);
    expect(bench.logged).toHaveLength(1);
  });

  test('bytes are counted, and an entry that never fits is refused', async () => {
    const bench = await new Bench({ max_bytes: 4, max_batch_size: 9 }).feed('aa', 'éb', 'x'.repeat(5));
    expect(bench.batches).toEqual([['éb']]);
  });
});
