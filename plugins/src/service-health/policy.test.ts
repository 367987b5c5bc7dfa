import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, RequestContext } from '@gatehouse/policy';
import { fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, jest, test } from '@jest/globals';
import { createLink } from '../link.js';
import { type HealthProbe, httpGet, serviceHealth } from './index.js';
import { reportedChecks } from './reported-checks.js';

type Reply = { status: number; text: string } | Error | null;

function setup(
  config: object,
  replies: Record<string, Reply>,
  redis = async (): Promise<void> => Promise.reject(new Error('there is no Redis')),
) {
  const base = fakeEffects();
  const get = jest.fn<HealthProbe['get']>(async (url) => {
    const reply = replies[url] ?? null;
    if (reply === null) return new Promise(() => {});
    if (reply instanceof Error) throw reply;
    return reply;
  });
  const services = [
    { name: 'auth', url: 'http://auth:1' },
    { name: 'wallet', url: 'http://wallet:1/' },
  ];
  const link = createLink(serviceHealth, { format: 'gongbu', services, ...config }, { ...base, probe: { get, pingRedis: redis } });
  const ask = async (method = 'GET') => {
    const answer = (await link.instance.decide(fakeFacts({ method }), new RequestContext(), base.now())) as Answer;
    return { status: answer.status, body: answer.kind === 'answer' ? JSON.parse(String(answer.body)) : answer };
  };
  return { ask, get, replies, link, effects: base, clock: base.clock };
}
const ok = { status: 200, text: '{}' };
const good = { 'http://auth:1/health': ok, 'http://wallet:1/health': ok };
const timestamp = '2027-01-15T08:00:00.000Z';

describe('forms', () => {
  const down = { ...good, 'http://wallet:1/health': new Error('refused') };

  test.each<[string, Record<string, Reply>, number, object]>([
    ['gongbu', good, 200, { status: 'ok', timestamp, services: { auth: 'up', wallet: 'up' } }],
    ['gongbu', down, 503, { status: 'error', timestamp, services: { auth: 'up', wallet: 'down' } }],
    ['interview', good, 200, { status: 'ok', timestamp, uptime: 1_800_000_000, services: { auth: 'healthy', wallet: 'healthy' } }],
    ['interview', down, 503, { status: 'error', timestamp, uptime: 1_800_000_000, services: { auth: 'healthy', wallet: 'unhealthy' } }],
    ['healthpay', good, 200, { status: 'healthy', version: '2.1.0', timestamp, services: { auth: 'up', wallet: 'up' } }],
    ['healthpay', down, 503, { status: 'unhealthy', version: '2.1.0', timestamp, services: { auth: 'up', wallet: 'down' } }],
    [
      'learning',
      down,
      503,
      {
        status: 'unhealthy',
        timestamp,
        services: { auth: { status: 'healthy', responseTime: 0 }, wallet: { status: 'unhealthy', responseTime: 0 } },
      },
    ],
    [
      'freelance',
      down,
      503,
      {
        status: 'unhealthy',
        timestamp,
        services: { auth: { status: 'healthy', response_time: 0 }, wallet: { status: 'unhealthy', response_time: 0 } },
      },
    ],
  ])('%s', async (format, replies, status, body) => {
    const asked = await setup({ format, version: '2.1.0' }, replies).ask();
    expect(asked).toEqual({ status, body });
  });

  test('redis stands beside the services', async () => {
    const services = [
      { name: 'user-service', url: 'http://auth:1' },
      { name: 'redis', kind: 'redis' },
    ];
    const up = await setup({ format: 'freelance', services }, good, async () => undefined).ask();
    expect(up.body.services.redis).toEqual({ status: 'healthy', response_time: 0 });
    expect((await setup({ format: 'freelance', services }, good, async () => Promise.reject(new Error('x'))).ask()).status).toBe(503);
    expect((await setup({ format: 'freelance', services }, good).ask()).status).toBe(503);
    const hanging = setup({ format: 'freelance', services }, good, () => new Promise(() => {}));
    const asked = hanging.ask();
    await hanging.clock.advance(2000);
    expect((await asked).status).toBe(503);
  });

  test('what a service reports is shown without its addresses', async () => {
    const report = {
      status: 'healthy',
      version: '2.4.1',
      database: {
        status: 'up',
        engine: 'postgres',
        responseTime: 3,
        host: 'db',
        url: 'postgres://db:5432',
        error: 'connect ECONNREFUSED 10.0.0.1:5432',
      },
      dependencies: { redis: { status: 'up' }, '10.0.0.1:6379': { status: 'up' } },
      resources: { memory: { deeper: { still: { more: 1 } } }, cpuPercent: 7.5 },
    };
    const replies = { ...good, 'http://auth:1/health': { status: 200, text: JSON.stringify(report) } };
    const { body } = await setup({ format: 'learning' }, replies).ask();
    expect(body.services.auth.checks).toEqual({
      database: { status: 'up', engine: 'postgres', responseTime: 3 },
      dependencies: { redis: { status: 'up' } },
      resources: { cpuPercent: 7.5 },
    });
    expect(reportedChecks('{"checks":{"db":"up"},"other":1}')).toEqual({ db: 'up' });
    for (const text of ['', 'OK', '[]', 'null', '{"status":"up"}', '{"checks":7}']) expect(reportedChecks(text)).toBeNull();
  });
});

describe('checks', () => {
  test('are made in the background, and answered from the last round', async () => {
    const { ask, get, replies, clock, effects } = setup({ interval_seconds: 10 }, { ...good });
    await Promise.all([ask(), ask(), ask()]);
    expect(get).toHaveBeenCalledTimes(2);
    replies['http://wallet:1/health'] = { status: 500, text: '' };
    expect((await ask()).status).toBe(200);
    await clock.advance(10_000);
    expect(get).toHaveBeenCalledTimes(4);
    expect((await ask()).body.services).toEqual({ auth: 'up', wallet: 'down' });
    expect(effects.values.get('gatehouse_service_up{,wallet}')).toBe(0);
    expect(effects.lines).toMatchObject([{ level: 'error', fields: { service: 'wallet' } }]);
    replies['http://wallet:1/health'] = ok;
    await clock.advance(10_000);
    expect((await ask()).status).toBe(200);
    expect(effects.lines).toHaveLength(2);
  });

  test('of several targets one that is up is enough', async () => {
    const services = [{ name: 'auth', url: 'http://a:1, http://b:1/' }];
    expect((await setup({ services }, { 'http://a:1/health': new Error('x'), 'http://b:1/health': ok }).ask()).status).toBe(200);
    expect(
      (await setup({ services }, { 'http://a:1/health': new Error('x'), 'http://b:1/health': { status: 503, text: '' } }).ask()).status,
    ).toBe(503);
  });

  test('end with the last that needs them, and are shared by those that agree', async () => {
    const { link, get, clock, ask } = setup({}, good);
    await ask();
    link.instance.close!();
    await clock.advance(0);
    expect(get).toHaveBeenCalledTimes(2);
  });

  test('only reading is allowed', async () => {
    const { ask } = setup({}, good);
    expect((await ask('HEAD')).status).toBe(200);
    expect((await ask('POST')).body).toMatchObject({ kind: 'deny', code: 'method_not_allowed' });
  });
});

test('over HTTP: the status, a bounded body, a deadline', async () => {
  const server = http.createServer((request, response) => {
    if (request.url === '/slow') return undefined;
    return response.writeHead(request.url === '/moved' ? 302 : 200, { location: '/slow' }).end('x'.repeat(200_000));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const large = await httpGet(`${base}/`, { timeoutMs: 2000, maxBytes: 1000 });
  expect(large.status).toBe(200);
  expect(large.text.length).toBeLessThan(200_000);
  expect((await httpGet(`${base}/moved`, { timeoutMs: 2000, maxBytes: 10 })).status).toBe(302);
  await expect(httpGet(`${base}/slow`, { timeoutMs: 30, maxBytes: 10 })).rejects.toThrow();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  [{ format: 'other' }, 'format'],
  [{ services: [] }, 'services'],
  [{ services: [{ name: 'a' }] }, 'services[0].url'],
  [{ services: [{ name: 'a', url: 'auth:3001' }] }, 'services[0].url'],
  [{ services: [{ name: 'a b', url: 'http://a' }] }, 'services[0].name'],
  [{ interval_seconds: 1, timeout_ms: 1001 }, 'timeout_ms'],
])('%j names %s', (config, path) => expect(() => setup(config, good)).toThrow(`service-health: ${path}: `));
