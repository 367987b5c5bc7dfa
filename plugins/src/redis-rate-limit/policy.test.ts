import { ConfigError } from '@gatehouse/policy';
import { fakeEffects } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLink } from '../link.js';
import { memoryStores } from '../stores/stores.js';
import { ipRateLimit, redisRateLimit, resetSubject } from './index.js';
import { limiter, limiterOn, person, told } from './testing/setup.js';

const window = (name: string, limit: number, more: object = {}) => ({ name, limit, seconds: 60, ...more });
const kinds = async (ask: () => ReturnType<ReturnType<typeof limiter>['ask']>, times: number) => {
  const list: string[] = [];
  for (let i = 0; i < times; i++) list.push((await ask()).kind);
  return list.join(' ');
};

describe('windows', () => {
  test('a role chooses one window of its group; endpoint windows count besides', async () => {
    const { ask } = limiter({
      windows: [
        window('creator', 4, { by: ['user'], roles: ['creator', 'admin'], group: 'user' }),
        window('user', 2, { by: ['user'], group: 'user' }),
        window('courses', 3, { by: ['user'], paths: ['/courses/*'] }),
      ],
    });
    const creator = person({ subject: 'c1', roles: ['creator'] });
    expect(await kinds(() => ask({ url: '/users' }), 3)).toBe('pass pass deny');
    expect(await kinds(() => ask({ url: '/users' }, creator), 2)).toBe('pass pass');
    expect(await kinds(() => ask({ url: '/courses/1' }, creator), 3)).toBe('pass pass deny');
    expect(await kinds(() => ask({ url: '/courses/1' }, person({ subject: 'c2', roles: ['admin'] })), 4)).toBe('pass pass pass deny');
    expect(await kinds(() => ask({ url: '/users' }, null), 9)).toBe(Array(9).fill('pass').join(' '));
  });

  test('routes that name the same window share it', async () => {
    const v1 = limiter({ windows: [window('wallets', 2, { by: ['user'] })] });
    const v2 = limiterOn(v1, v1.store, { windows: [window('wallets', 2, { by: ['user'] })] });
    expect((await v1.ask()).kind + (await v2.ask()).kind + (await v1.ask()).kind + (await v2.ask()).kind).toBe('passpassdenydeny');
  });

  test('always, anonymous and identified', async () => {
    for (const [count, nobody, somebody] of [
      ['always', 'deny', 'deny'],
      ['anonymous', 'deny', 'pass'],
      ['identified', 'pass', 'deny'],
    ] as const) {
      const { ask } = limiter({ windows: [window('w', 1, { by: ['ip'], count })] });
      expect((await kinds(() => ask({}, null), 2)).split(' ')[1]).toBe(nobody);
      const other = limiter({ windows: [window('w', 1, { by: ['ip'], count })] });
      expect((await kinds(() => other.ask(), 2)).split(' ')[1]).toBe(somebody);
    }
  });

  test('methods: HEAD counts as GET, others are not counted', async () => {
    const { ask } = limiter({ windows: [window('w', 1, { by: ['ip'], methods: ['GET'] })] });
    expect([(await ask({ method: 'HEAD' })).kind, (await ask({ method: 'POST' })).kind, (await ask()).kind]).toEqual([
      'pass',
      'pass',
      'deny',
    ]);
  });

  test.each([
    ['claim:org.id', { claims: { org: { id: 7 } } }, { claims: { org: { id: 8 } } }],
    ['plan', { plan: 'free' }, { plan: 'pro' }],
    ['key', { via: 'api-key', tokenId: 'k1' }, { via: 'api-key', tokenId: 'k2' }],
    ['session', { sessionId: 'a' }, { sessionId: 'b' }],
    ['role', { roles: ['a'] }, { roles: ['a', 'b'] }],
  ] as const)('by %s', async (part, one, other) => {
    const { ask } = limiter({ windows: [window('w', 1, { by: [part] })] });
    const [a, b] = [person(one as object), person(other as object)];
    expect([(await ask({}, a)).kind, (await ask({}, b)).kind, (await ask({}, a)).kind]).toEqual(['pass', 'pass', 'deny']);
  });

  test.each([
    ['header:X-Org', { headers: { 'x-org': '1' } }, { headers: { 'x-org': '2' } }],
    ['query:org', { url: '/?org=1' }, { url: '/?org=2' }],
    ['capture:id', { captures: { id: '1' } }, { captures: { id: '2' } }],
    ['method', { method: 'GET' }, { method: 'PUT' }],
    ['route', { route: 'a' }, { route: 'b' }],
    ['service', { service: 'a' }, { service: 'b' }],
    ['host', { host: 'a' }, { host: 'b' }],
    ['ip', { clientIp: '1.1.1.1' }, { clientIp: '1.1.1.2' }],
  ] as const)('by %s, for everybody', async (part, one, other) => {
    const { ask } = limiter({ windows: [window('w', 1, { by: [part] })] });
    expect([(await ask(one, null)).kind, (await ask(other, null)).kind, (await ask(one, null)).kind]).toEqual(['pass', 'pass', 'deny']);
  });
});

describe('a phone number in the body', () => {
  const otp = { windows: [window('otp', 2, { by: ['body:phoneNumber'], form: 'digits', failures_only: true })] };
  const json = (body: string) => ({ method: 'POST', body, headers: { 'content-type': 'application/json' } });

  test('is compared by its digits, however it is written', async () => {
    const { ask } = limiter(otp);
    await ask(json('{"phoneNumber":"+20 10 1234 5678"}'), null);
    await ask(json('{"phoneNumber":"0020-1012345678"}'), null);
    expect(told(await ask(json('{"phoneNumber":"+201012345678"}'), null)).kind).toBe('rate_limited');
    expect((await ask(json('{"phoneNumber":"+201012345679"}'), null)).kind).toBe('pass');
  });

  test('left out, twice there, hidden or nested, it counts as none, together with all such requests', async () => {
    const bodies = ['{}', '{"phoneNumber":"1","phoneNumber":"2"}', '{"phoneNumber":["1"]}', 'phoneNumber=1', '[]', ''];
    for (const first of bodies) {
      const { ask } = limiter(otp);
      await ask(json(first), null);
      await ask(json('{}'), null);
      expect((await ask(json('{"phoneNumber":null}'), null)).kind).toBe('deny');
    }
  });

  test('is found in a form as well', async () => {
    const { ask } = limiter(otp);
    const form = { method: 'POST', body: 'phoneNumber=%2B201&x=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    await ask(form, null);
    await ask(json('{"phoneNumber":"+201"}'), null);
    expect((await ask(form, null)).kind).toBe('deny');
  });

  test('a body that is too large is not read on', async () => {
    const { ask } = limiter({ ...otp, max_body_bytes: 10 });
    await expect(ask(json('{"phoneNumber":"1"}'), null)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  test('stands in no key', async () => {
    const { ask, store } = limiter(otp);
    await ask(json('{"phoneNumber":"+201012345678"}'), null);
    expect(await store.reset(['201012345678|', '+201012345678|'])).toBe(0);
    expect(await resetSubject(store, '+20 1012345678')).toBe(1);
  });
});

describe('what clients are told', () => {
  test('the tightest window, and all windows in RateLimit-Policy', async () => {
    const { ask, effects } = limiter({
      windows: [window('minute', 30, { by: ['user'] }), window('hour', 200, { by: ['user'], seconds: 3600, type: 'sliding' })],
    });
    const { headers } = told(await ask());
    const end = (Math.floor(effects.now() / 60_000) + 1) * 60;
    expect(headers).toEqual({
      'x-ratelimit-limit': '30',
      'x-ratelimit-remaining': '29',
      'x-ratelimit-reset': String(end),
      'ratelimit-policy': '"minute";q=30;w=60, "hour";q=200;w=3600',
      ratelimit: `"minute";r=29;t=${end - effects.now() / 1000}`,
    });
  });

  test('a refusal: when to come again, whose limit it was, in the words of the window', async () => {
    const { ask, effects } = limiter({
      windows: [window('a', 5, { by: ['ip'] }), window('b', 1, { by: ['ip'], seconds: 900, message: 'Too many requests from this IP' })],
    });
    await ask();
    const refusal = told(await ask());
    const left = 900 - ((effects.now() / 1000) % 900);
    expect(refusal).toMatchObject({ kind: 'rate_limited', retryAfter: left, message: 'Too many requests from this IP' });
    expect(refusal.headers).toMatchObject({ 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0', ratelimit: `"b";r=0;t=${left}` });
    expect(limiter({ headers: false, windows: [window('a', 1)] }).ask()).resolves.toEqual({ kind: 'pass' });
  });

  test('Retry-After is never earlier than the reset of RateLimit, and then there is room', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 3, maxLength: 20 }),
        fc.boolean(),
        async (waits, sliding) => {
          const { ask, effects } = limiter({
            windows: [window('w', 2, { milliseconds: 2500, seconds: undefined, type: sliding ? 'sliding' : 'fixed' })],
          });
          for (const wait of waits) {
            await effects.clock.advance(wait);
            const said = told(await ask());
            if (said.kind !== 'rate_limited') continue;
            expect(Number(/t=(\d+)/.exec(said.headers['ratelimit']!)![1])).toBeLessThanOrEqual(said.retryAfter!);
            await effects.clock.advance(said.retryAfter! * 1000);
            expect((await ask()).kind).toBe('pass');
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('configuration', () => {
  const create = (config: object, policy = redisRateLimit) =>
    createLink(policy, config, { ...fakeEffects(), stores: () => memoryStores(fakeEffects()) });

  test.each([
    [{}, 'windows'],
    [{ windows: [] }, 'windows'],
    [{ windows: [{ name: 'a', limit: 1 }] }, 'windows[0].seconds'],
    [{ windows: [{ name: 'a', limit: 1, seconds: 1, milliseconds: 1000 }] }, 'windows[0].seconds'],
    [{ windows: [window('a', 0)] }, 'windows[0].limit'],
    [{ windows: [window('a b', 1)] }, 'windows[0].name'],
    [{ windows: [window('a', 1), window('a', 2)] }, 'windows[1].name'],
    [{ windows: [window('a', 1, { by: ['users'] })] }, 'windows[0].by[0]'],
    [{ windows: [window('a', 1, { by: ['user'], count: 'anonymous' })] }, 'windows[0].by'],
    [{ windows: [window('a', 1, { paths: ['x'] })] }, 'windows[0].paths[0]'],
  ])('%j names %s', (config, path) => expect(() => create(config)).toThrow(path));

  test('windows that need an identity do not stand before authentication', () => {
    expect(() => create({ windows: [window('a', 1, { by: ['user'] })] }, ipRateLimit as typeof redisRateLimit)).toThrow('windows[0]');
    expect(() => create({ windows: [window('a', 1, { count: 'identified' })] }, ipRateLimit as typeof redisRateLimit)).toThrow(
      'windows[0]',
    );
  });

  test('a Redis that is named wrongly is a fault of the configuration', () => {
    const stores = (): never => {
      throw new Error('REDIS_URL is no redis:// address');
    };
    const broken = () => createLink(redisRateLimit, { system: 'a', windows: [window('a', 1)] }, { ...fakeEffects(), stores });
    expect(broken).toThrow(ConfigError);
    expect(broken).toThrow('redis: REDIS_URL');
  });
});
