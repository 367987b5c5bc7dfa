import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RemoteCounters } from '../../plugin.js';
import { type FakeEnvironment, type FakeRequest, fakeEnvironment, fakeExchange, runThrough } from '../testing/fake-exchange.js';
import { rateLimiting } from './index.js';

const defaults = {
  second: null,
  minute: null,
  hour: null,
  day: null,
  month: null,
  year: null,
  limit_by: 'ip',
  header_name: null,
  path: null,
  policy: 'local',
  hide_client_headers: false,
  error_code: 429,
  error_message: 'API rate limit exceeded',
};

class Client {
  readonly environment: FakeEnvironment;

  constructor(
    private readonly config: Record<string, unknown>,
    scope = {},
  ) {
    this.environment = fakeEnvironment({}, scope);
    this.environment.time = Date.UTC(2024, 0, 1, 12, 0, 10);
  }

  ask(request: FakeRequest = {}) {
    return runThrough(rateLimiting.create({ ...defaults, ...this.config }, this.environment), fakeExchange(request));
  }

  /** The statuses of several requests; 200 for one that passes. */
  async statuses(...requests: FakeRequest[]) {
    const out: number[] = [];
    for (const request of requests) out.push((await this.ask(request)).status);
    return out;
  }
}

describe('headers', () => {
  test('count down, then 429', async () => {
    const client = new Client({ hour: 2, day: 5 });
    const common = { 'x-ratelimit-limit-hour': '2', 'x-ratelimit-limit-day': '5', 'ratelimit-limit': '2', 'ratelimit-reset': '3590' };
    expect((await client.ask()).headers).toEqual({
      ...common,
      'x-ratelimit-remaining-hour': '1',
      'x-ratelimit-remaining-day': '4',
      'ratelimit-remaining': '1',
    });
    await client.ask();
    const refused = await client.ask();
    expect(refused).toMatchObject({ status: 429, body: expect.stringContaining('API rate limit exceeded') });
    expect(refused.headers).toMatchObject({
      ...common,
      'x-ratelimit-remaining-hour': '0',
      'x-ratelimit-remaining-day': '3',
      'ratelimit-remaining': '0',
      'retry-after': '3590',
    });
  });

  test('with as much left the longer window is told', async () => {
    expect((await new Client({ minute: 3, hour: 3 }).ask()).headers).toMatchObject({ 'ratelimit-limit': '3', 'ratelimit-reset': '3590' });
  });

  test('hidden', async () => {
    const client = new Client({ hour: 1, hide_client_headers: true });
    expect((await client.ask()).headers).toEqual({});
    expect(Object.keys((await client.ask()).headers)).toEqual(['content-type']);
  });

  test('own code and message; a code that is no error fails the request', async () => {
    const client = new Client({ hour: 0.5, error_code: 503, error_message: 'Later' });
    await client.ask();
    expect(await client.ask()).toMatchObject({ status: 503, body: expect.stringContaining('Later') });
    const odd = new Client({ hour: 1, error_code: 200 });
    await odd.ask();
    await expect(odd.ask()).rejects.toThrow('400 to 599');
  });
});

describe('who is counted', () => {
  const alice = { consumer: { id: 'alice' } };
  const bob = { consumer: { id: 'bob' } };
  test.each([
    [{ limit_by: 'ip' }, [{ clientIp: '1.1.1.1' }, { clientIp: '1.1.1.2' }, { clientIp: '1.1.1.1' }], [200, 200, 429]],
    [{ limit_by: 'consumer' }, [alice, bob, alice, {}], [200, 200, 429, 200]],
    [{ limit_by: 'service' }, [{ service: { id: 's1' } }, { service: { id: 's2' } }, { service: { id: 's1' } }], [200, 200, 429]],
    [
      { limit_by: 'header', header_name: 'X-Key' },
      [{ headers: { 'x-key': 'a' } }, { headers: { 'x-key': 'b' } }, {}, {}],
      [200, 200, 200, 429],
    ],
    [
      { limit_by: 'path', path: '/lim' },
      [{ target: '/lim' }, { target: '/lim?x' }, { target: '/free' }, { target: '/lim/x' }],
      [200, 429, 200, 429],
    ],
    [{ limit_by: 'credential' }, [alice, bob], [200, 429]],
  ] as [Record<string, unknown>, FakeRequest[], number[]][])('%j', async (config, requests, statuses) => {
    expect(await new Client({ hour: 1, ...config }).statuses(...requests)).toEqual(statuses);
  });

  test('instances on different routes count apart', async () => {
    const one = new Client({ hour: 1 }, { route: 'a' });
    const other = { ...one.environment, scope: { route: 'b', service: null, consumer: null } };
    await one.ask();
    const exit = await rateLimiting.create({ ...defaults, hour: 1 }, other).access?.(fakeExchange());
    expect(exit).toBeUndefined();
    expect(await one.statuses({})).toEqual([429]);
  });
});

test('never more than the limit in a window, and again in the next one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(30_000), { maxLength: 40 }), async (limit, pauses) => {
      const client = new Client({ minute: limit });
      const passed = new Map<number, number>();
      for (const pause of pauses) {
        client.environment.time += pause;
        const minute = Math.floor(client.environment.time / 60_000);
        const before = passed.get(minute) ?? 0;
        const [status] = await client.statuses({});
        expect(status).toBe(before < limit ? 200 : 429);
        if (status === 200) passed.set(minute, before + 1);
      }
    }),
    { numRuns: 50 },
  );
});

describe('policy redis', () => {
  const redis = { host: 'redis', port: 6379 };
  const answering = (remote: Partial<RemoteCounters>, config: Record<string, unknown> = {}) => {
    const opened: unknown[] = [];
    const environment: FakeEnvironment = {
      ...fakeEnvironment(),
      redisCounters: (...asked) => {
        opened.push(asked);
        return { close: () => undefined, ...remote } as RemoteCounters;
      },
    };
    const twin = rateLimiting.create(
      { ...defaults, hour: 2, policy: 'redis', redis, sync_rate: -1, fault_tolerant: true, ...config },
      environment,
    );
    return { opened, environment, ask: () => runThrough(twin, fakeExchange()) };
  };
  const away = { take: () => Promise.reject(new Error('away')) };

  test('counts there', async () => {
    const { opened, ask } = answering({ take: async () => [1] }, { sync_rate: 0.5 });
    expect((await ask()).headers).toMatchObject({ 'x-ratelimit-remaining-hour': '0' });
    expect(opened).toEqual([[redis, 'ratelimit:', 0.5]]);
    expect((await answering({ take: async () => [2] }).ask()).status).toBe(429);
  });

  test('lets everybody pass without headers while it is away', async () => {
    const { ask, environment } = answering(away);
    expect(await ask()).toMatchObject({ exit: undefined, headers: {} });
    expect(environment.logged).toEqual([{ level: 'error', message: 'requests could not be counted' }]);
  });

  test('fails when faults are not to be tolerated', async () => {
    await expect(answering(away, { fault_tolerant: false }).ask()).rejects.toThrow('away');
  });
});
