/** Gateway processes with a real Redis: limits, idempotency and breakers as clients meet them. */
import { createHmac } from 'node:crypto';
import http from 'node:http';
import type net from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { GatewayProcess, oneService } from '../../support/gateway-process.js';
import { eventually, TestRedis } from '../../support/redis.js';

const SECRET = 'a-secret-of-at-least-thirty-two-bytes!';
const open: (() => unknown)[] = [];
let redis: TestRedis;

beforeEach(async () => {
  redis = await TestRedis.start();
  open.push(() => redis.kill());
});

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
}, 60_000);

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(sub: string): string {
  const text = `${base64({ alg: 'HS256', typ: 'JWT' })}.${base64({ sub, exp: 4_000_000_000 })}`;
  return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}

/** A service; `seen` are the requests that came to it. */
async function service(answer: (body: string, response: http.ServerResponse) => void) {
  const seen: { key: string | undefined; body: string }[] = [];
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ key: request.headers['idempotency-key']?.toString(), body });
    answer(body, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as net.AddressInfo).port, seen };
}

async function gateway(config: string): Promise<GatewayProcess> {
  const started = await GatewayProcess.start(config, [], { HEALTHPAY_REDIS_URL: redis.url, SECRET });
  open.push(() => started.stop('SIGKILL'));
  return started;
}

const plugin = (name: string, config: object) => ({ name, config: { system: 'healthpay', ...config } });

describe('idempotency', () => {
  const jwt = plugin('jwt-auth', { keys: [{ secret: 'env:SECRET' }], algorithms: ['HS256'] });
  const configOf = (port: number) =>
    oneService(port, { tags: ['system-healthpay'], plugins: [jwt, plugin('idempotency', {})] }, { read_timeout: 1500 });
  const post = (to: GatewayProcess, body: string, key = 'k1', user = 'u1') =>
    fetch(`${to.url}/v2/payments`, { method: 'POST', body, headers: { 'Idempotency-Key': key, Authorization: `Bearer ${token(user)}` } });

  test('the first answer is the answer, for this gateway and for the one after it', async () => {
    const { port, seen } = await service((_body, response) => {
      response.writeHead(201, { 'Content-Type': 'application/json', Location: '/v2/payments/7' }).end('{"id":7}');
    });
    const first = await gateway(configOf(port));
    const answers = [await post(first, '{"a":1}'), await post(first, '{"a":1}')];
    await first.stop('SIGKILL');
    const second = await gateway(configOf(port));
    answers.push(await post(second, '{"a":1}'));
    for (const answer of answers) {
      expect([answer.status, answer.headers.get('location'), await answer.text()]).toEqual([201, '/v2/payments/7', '{"id":7}']);
    }
    expect(answers.map((answer) => answer.headers.get('idempotency-replayed'))).toEqual([null, 'true', 'true']);
    expect(seen).toEqual([{ key: 'k1', body: '{"a":1}' }]);
    const other = await post(second, '{"a":2}');
    expect([other.status, await other.json()]).toEqual([422, { error: { code: 'UNPROCESSABLE', message: expect.any(String) } }]);
    expect((await post(second, '{"a":1}', 'k1', 'u2')).status).toBe(201);
    expect(seen).toHaveLength(2);
  }, 60_000);

  test('one at a time; lost and large outcomes stay 409; large bodies are 413', async () => {
    const waiting: http.ServerResponse[] = [];
    const { port, seen } = await service((body, response) => {
      if (body === 'hang') waiting.push(response);
      else if (body === 'large') response.end(Buffer.alloc(1_048_577));
      else response.end('ok');
    });
    const made = await gateway(configOf(port));
    const hanging = post(made, 'hang', 'h');
    await eventually('the service has it', () => seen.length === 1);
    expect((await post(made, 'hang', 'h')).status).toBe(409);
    expect((await hanging).status).toBe(504);
    expect((await post(made, 'hang', 'h')).status).toBe(409);
    expect((await (await post(made, 'large', 'l')).arrayBuffer()).byteLength).toBe(1_048_577);
    expect((await post(made, 'large', 'l')).status).toBe(409);
    expect((await post(made, 'x'.repeat(1_048_577), 'b')).status).toBe(413);
    expect(seen).toHaveLength(2);
    await redis.kill();
    const refused = await post(made, 'x', 'r');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(seen).toHaveLength(2);
  }, 60_000);
});

describe('limits', () => {
  test('8 gateways and 400 clients at once on one key: never one request more', async () => {
    const { port, seen } = await service((_body, response) => response.end('ok'));
    const windows = [{ name: 'ip', limit: 150, seconds: 3600, by: ['ip'] }];
    const config = oneService(port, { tags: ['system-healthpay'], plugins: [plugin('ip-rate-limit', { windows, redis_down: 'closed' })] });
    const gateways: GatewayProcess[] = [];
    for (let i = 0; i < 8; i++) gateways.push(await gateway(config));
    const wave = () => Promise.all(Array.from({ length: 400 }, (_, i) => fetch(gateways[i % 8]!.url).then((answer) => answer.status)));
    const statuses = await wave();
    // Those that a busy machine answered too late for the deadline are refused here, though they were counted.
    while (seen.length + statuses.filter((status) => status === 503).length < 150) statuses.push(...(await wave()));
    expect(seen.length).toBeLessThanOrEqual(150);
    expect(statuses.filter((status) => status === 200)).toHaveLength(seen.length);
    const refused = await fetch(gateways[0]!.url);
    expect([refused.status, refused.headers.get('x-ratelimit-remaining')]).toEqual([429, '0']);
    expect(await refused.json()).toEqual({
      error: { code: 'RATE_LIMIT_EXCEEDED', message: 'Too many requests. Please try again later.', retryAfter: expect.any(Number) },
    });
  }, 120_000);
});

describe('breaker', () => {
  test('opens on every gateway, and closes when the service is well again', async () => {
    let status = 500;
    const { port } = await service((_body, response) => response.writeHead(status).end());
    const config = oneService(port, {
      tags: ['system-healthpay'],
      plugins: [plugin('circuit-breaker', { consecutive_failures: 5, reset_ms: 1000, message: 'wallet-service temporarily unavailable' })],
    });
    const [a, b] = [await gateway(config), await gateway(config)];
    const statusOf = async (one: GatewayProcess): Promise<number> => (await fetch(one.url)).status;
    await statusOf(b);
    for (let i = 0; i < 5; i++) expect(await statusOf(a)).toBe(500);
    const refused = await fetch(a.url);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({
      error: { code: 'SERVICE_UNAVAILABLE', message: 'wallet-service temporarily unavailable' },
    });
    await eventually('the other heard of it', async () => (await statusOf(b)) === 503);
    status = 200;
    await eventually('both are well', async () => (await statusOf(a)) === 200 && (await statusOf(b)) === 200);
  }, 60_000);
});
