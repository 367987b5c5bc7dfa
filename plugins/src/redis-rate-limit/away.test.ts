import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { Denials } from './denials.js';
import { resetSubject } from './index.js';
import { limiter, told } from './testing/setup.js';

const byIp = (limit: number, more: object = {}) => ({ name: 'ip', limit, seconds: 900, by: ['ip'], ...more });

describe('refusals that are remembered', () => {
  test('cost no Redis until they can change', async () => {
    const { ask, store, effects } = limiter({ windows: [byIp(2)] });
    for (let i = 0; i < 3; i++) await ask();
    expect(store.asked).toBe(3);
    const left = told(await ask()).retryAfter!;
    for (let i = 0; i < 50; i++) expect((await ask()).kind).toBe('deny');
    expect(store.asked).toBe(3);
    await effects.clock.advance(left * 1000 - 1000);
    expect(told(await ask())).toMatchObject({ retryAfter: 1, headers: { 'x-ratelimit-remaining': '0' } });
    await effects.clock.advance(1000);
    expect((await ask()).kind).toBe('pass');
    expect(store.asked).toBe(4);
  });

  test('are of one subject alone', async () => {
    const { ask } = limiter({ windows: [byIp(1)] });
    await ask({ clientIp: '1.1.1.1' });
    await ask({ clientIp: '1.1.1.1' });
    expect((await ask({ clientIp: '1.1.1.2' })).kind).toBe('pass');
  });

  test('are forgotten when an operator resets somebody', async () => {
    const { ask, store } = limiter({ windows: [byIp(1)] });
    await ask();
    expect((await ask()).kind).toBe('deny');
    expect(await resetSubject(store, '203.0.113.7')).toBe(1);
    expect((await ask()).kind).toBe('pass');
  });

  test('stand for a second at most where requests may be given back', async () => {
    const { ask, effects, store } = limiter({ windows: [byIp(1, { failures_only: true })] });
    await ask();
    await ask();
    await ask();
    expect(store.asked).toBe(2);
    await effects.clock.advance(1000);
    await ask();
    expect(store.asked).toBe(3);
  });

  test('are not believed after the clock was set back by years', () => {
    const denials = new Denials();
    denials.remember('a', 2_000_000_000_000);
    expect(denials.remaining('a', 1_999_999_999_000)).toBe(1000);
    expect(denials.remaining('a', 1_900_000_000_000)).toBe(0);
  });

  test('are bounded: the oldest go first', () => {
    const denials = new Denials(3);
    for (const key of ['a', 'b', 'c', 'a', 'd']) denials.remember(key, 1000);
    expect(['a', 'b', 'c', 'd'].map((key) => denials.remaining(key, 0) > 0)).toEqual([true, false, true, true]);
    expect(denials.size).toBe(3);
  });

  test('100 000 refused requests, of few and of many, leave the memory as it was', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { ask } = limiter({ windows: [byIp(1, { paths: ['/a'] }), { name: 'all', limit: 1, seconds: 900 }] });
    const flood = async (from: number, count: number): Promise<number> => {
      for (let i = from; i < from + count; i++)
        await ask({ url: '/a', clientIp: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}` }, null);
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = await flood(0, 30_000);
    const after = await flood(30_000, 100_000);
    expect((after - before) / 1_048_576).toBeLessThan(5);
  });
});

describe('Redis away', () => {
  test('local: this node counts its part of the limit, and Redis counts again as soon as it is there', async () => {
    const { ask, store, effects } = limiter({ nodes: 3, windows: [byIp(10)] });
    await ask();
    store.away = true;
    const said: string[] = [];
    for (let i = 0; i < 5; i++) said.push((await ask()).kind);
    expect(said).toEqual(['pass', 'pass', 'pass', 'deny', 'deny']);
    expect(effects.values.get('gatehouse_rate_limit_degraded_total{gongbu}')).toBe(5);
    store.away = false;
    expect(told(await ask()).headers).toMatchObject({ 'x-ratelimit-remaining': '8' });
    expect(effects.lines.map(({ message }) => message)).toEqual([
      'requests are not counted in Redis',
      'requests are counted in Redis again',
    ]);
  });

  test('a node counts one at least', async () => {
    const { ask, store } = limiter({ nodes: 1000, windows: [byIp(10)] });
    store.away = true;
    expect([(await ask()).kind, (await ask()).kind]).toEqual(['pass', 'deny']);
  });

  test('closed: 503 with Retry-After; open: through, with no word of limits', async () => {
    const closed = limiter({ redis_down: 'closed', windows: [byIp(10)] });
    closed.store.away = true;
    expect(await closed.ask()).toMatchObject({ kind: 'deny', code: 'undecided', retryAfter: 1 });
    const open = limiter({ redis_down: 'open', windows: [byIp(1)] });
    open.store.away = true;
    for (let i = 0; i < 5; i++) expect(await open.ask()).toEqual({ kind: 'pass' });
  });

  test('what was refused before is still refused', async () => {
    const { ask, store } = limiter({ windows: [byIp(1)] });
    await ask();
    await ask();
    store.away = true;
    expect((await ask()).kind).toBe('deny');
  });
});
