import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { call } from './call.js';
import { exchangeMessage } from './message.js';
import { ephemeralPorts, type Mocks, startMocks } from './start-mocks.js';

let mocks: Mocks;
const slept: number[] = [];
const sleep = async (ms: number): Promise<void> => {
  slept.push(ms);
};
const url = (path: string, service = 'gongbu.course', target = 0): string => `${mocks.urls(service)[target]}${path}`;

beforeAll(async () => {
  mocks = await startMocks({ ports: ephemeralPorts, sleep });
});
afterEach(() => mocks.reset());
afterAll(() => mocks.close());

describe('faults', () => {
  test('a status with the form of the system, for as many times as said', async () => {
    await mocks.fault('gongbu.course', { path: '/courses', status: 503, times: 1 });
    expect(await call(url('/courses'))).toMatchObject({ status: 503, json: { statusCode: 503, error: 'Service Unavailable' } });
    expect((await call(url('/courses'))).status).toBe(200);
  });

  test('a status with a body and headers of its own', async () => {
    await mocks.fault('gongbu.course', { status: 200, body: { odd: true }, headers: { 'x-odd': '1' } });
    expect(await call(url('/health'))).toMatchObject({ status: 200, json: { odd: true }, headers: { 'x-odd': '1' } });
  });

  test('a delay and a slow body wait as long as said and give the whole answer', async () => {
    slept.length = 0;
    await mocks.fault('gongbu.course', { delayMs: 700, slowBodyMsPerChunk: 30 });
    const slow = await call(url('/courses'));
    expect(slow.json).toMatchObject({ meta: { total: 4 } });
    expect(slept).toEqual([700, ...Array.from({ length: 10 }, () => 30)]);
  });

  test('a refused request is reset and yet recorded', async () => {
    await mocks.fault('gongbu.course', { refuse: true });
    await expect(call(url('/courses'))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(mocks.requests('gongbu.course')).toHaveLength(1);
  });

  test('one target of several goes down and comes back on its port', async () => {
    const [first, second] = mocks.ports('learning.content');
    await mocks.fault('learning.content', { down: true, port: first });
    await expect(call(url('/health', 'learning.content', 0))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect((await call(url('/health', 'learning.content', 1))).status).toBe(200);
    await mocks.clearFaults('learning.content');
    expect((await call(url('/health', 'learning.content', 0))).status).toBe(200);
    expect(mocks.ports('learning.content')).toEqual([first, second]);
  });

  test('a fault that makes no sense is refused', async () => {
    await expect(mocks.fault('gongbu.course', { status: 42 })).rejects.toThrow('cannot be set');
    await expect(mocks.fault('gongbu.nobody', { status: 500 })).rejects.toThrow('not found');
  });
});

describe('recording', () => {
  test('method, URL, headers and the digest of the body, but no health probe', async () => {
    await call(url('/health'));
    const body = JSON.stringify({ title: 'Recorded' });
    await call(url('/courses?x=1'), { body, headers: { 'X-Request-Id': 'r-1' } });
    const [request, ...more] = mocks.requests('gongbu.course');
    expect(more).toEqual([]);
    expect(request).toMatchObject({ service: 'gongbu.course', method: 'POST', url: '/courses?x=1', body, bodyBytes: body.length });
    expect(request?.headers['x-request-id']).toBe('r-1');
    expect(request?.rawHeaders).toContain('X-Request-Id');
    expect(request?.bodySha256).toBe(createHash('sha256').update(body).digest('hex'));
  });

  test('is bounded to a thousand', async () => {
    for (let i = 0; i < 20; i += 1) await Promise.all(Array.from({ length: 51 }, () => call(url('/courses'))));
    expect(mocks.requests('gongbu.course')).toHaveLength(1000);
  });
});

describe('control routes', () => {
  test('set, show and clear faults of this and of other services', async () => {
    const put = { method: 'PUT', json: { service: 'gongbu.bot', status: 500 } };
    expect(await call(url('/__mock/faults'), put)).toMatchObject({
      status: 200,
      json: { service: 'gongbu.bot', faults: [{ status: 500 }] },
    });
    expect((await call(url('/bots', 'gongbu.bot'))).status).toBe(500);
    expect((await call(url('/__mock/faults?service=*'), { method: 'DELETE' })).status).toBe(204);
    expect((await call(url('/bots', 'gongbu.bot'))).status).toBe(200);
  });

  test('name every bad field, and refuse what would cut their own answer', async () => {
    const bad = await call(url('/__mock/faults'), { method: 'PUT', json: { status: 'x', y: 1 } });
    expect(bad).toMatchObject({ status: 400, json: { code: 'BAD_FAULT' } });
    expect((bad.json as { details: string[] }).details).toHaveLength(2);
    expect((await call(url('/__mock/faults'), { method: 'PUT', json: { down: true } })).status).toBe(409);
    expect((await call(url('/__mock/faults'), { method: 'PUT', json: { service: 'x.y', status: 500 } })).status).toBe(404);
  });

  test('list services and requests, and reset', async () => {
    await call(url('/courses'), { json: { title: 'Gone after reset' } });
    const { services } = (await call(url('/__mock/services'))).json as { services: Record<string, string[]> };
    expect(services['learning.content']).toHaveLength(2);
    expect((await call(url('/__mock/requests?path=/courses'))).json).toMatchObject({ requests: [{ method: 'POST' }] });
    await call(url('/courses'), { headers: { 'X-Request-Id': 'mine' } });
    expect((await call(url('/__mock/requests?service=*&id=mine'))).json).toMatchObject({ requests: [{ method: 'GET' }] });
    expect((await call(url('/__mock/reset'), { method: 'POST' })).status).toBe(204);
    expect((await call(url('/courses'))).json).toMatchObject({ meta: { total: 4 } });
  });
});

describe('hostile requests', () => {
  test('a body over 1 MiB is 413, bad JSON 400, an unknown method 405', async () => {
    expect((await call(url('/courses'), { body: Buffer.alloc(1024 * 1024 + 1, 'x') })).status).toBe(413);
    expect((await call(url('/courses'), { body: '{' })).status).toBe(400);
    expect((await call(url('/courses'), { json: [1] })).status).toBe(400);
    expect(await call(url('/courses'), { method: 'DELETE' })).toMatchObject({ status: 405, headers: { allow: 'GET, POST' } });
  });

  test('a WebSocket is echoed', async () => {
    const echo = url('/api/notifications/ws/', 'freelance.notification').replace('http', 'ws');
    const message = await exchangeMessage(echo, { host: 'freelance.localhost' }, 'hello');
    expect(message).toBe('hello');
    expect(mocks.requests('freelance.notification')).toMatchObject([{ url: '/api/notifications/ws/' }]);
  });
});

test('a port that is taken is named with its variable', async () => {
  const [taken] = mocks.ports('gongbu.auth');
  const again = startMocks({ systems: ['gongbu'], ports: (service) => [service.name === 'auth' ? (taken ?? 0) : 0] });
  await expect(again).rejects.toThrow(`port ${taken} (mock of gongbu.auth, set by MOCK_GONGBU_AUTH_PORT) is already in use`);
});
