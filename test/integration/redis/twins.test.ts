/** Kong's own rate-limiting plugins, counting in a real Redis as Kong does. */
import http from 'node:http';
import type net from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { GatewayProcess, oneService } from '../../support/gateway-process.js';
import { eventually, TestRedis } from '../../support/redis.js';

const open: (() => unknown)[] = [];
let redis: TestRedis;
let port: number;

beforeEach(async () => {
  redis = await TestRedis.start('--requirepass', 'sesame');
  open.push(() => redis.kill());
  const server = http.createServer((_request, response) => response.writeHead(200, { 'X-Kong-Limit': 'video=2' }).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => server.close().closeAllConnections());
  port = (server.address() as net.AddressInfo).port;
});

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
}, 60_000);

async function gateway(name: string, config: object): Promise<GatewayProcess> {
  const target = { host: '127.0.0.1', port: redis.port, password: 'sesame', timeout: 1000 };
  const plugins = [{ name, config: { policy: 'redis', redis: target, limit_by: 'ip', ...config } }];
  const started = await GatewayProcess.start(oneService(port, { plugins }));
  open.push(() => started.stop('SIGKILL'));
  return started;
}
const statuses = async (to: GatewayProcess, count: number): Promise<number[]> => {
  const out: number[] = [];
  for (let i = 0; i < count; i++) out.push((await fetch(to.url)).status);
  return out;
};
const keys = async (): Promise<string[]> =>
  (await redis.authorised('sesame', 'KEYS', '*')).split('\r\n').filter((line) => line.includes('ratelimit:'));

test('rate-limiting: nodes count together, in keys such as Kong has them', async () => {
  const first = await gateway('rate-limiting', { year: 5, error_code: 429 });
  const second = await gateway('rate-limiting', { year: 5, error_code: 429 });
  expect(await statuses(first, 3)).toEqual([200, 200, 200]);
  expect(await statuses(second, 3)).toEqual([200, 200, 429]);
  expect(await statuses(first, 1)).toEqual([429]);
  expect(await keys()).toEqual([expect.stringMatching(/^ratelimit:[\da-f-]{36}:[\da-f-]{36}:127\.0\.0\.1:\d{13}:year$/)]);
}, 60_000);

test('rate-limiting: a Redis that is away lets pass, or fails, as it is set; it comes back by itself', async () => {
  const tolerant = await gateway('rate-limiting', { year: 1 });
  const strict = await gateway('rate-limiting', { year: 100, fault_tolerant: false });
  expect(await statuses(tolerant, 2)).toEqual([200, 429]);
  await redis.kill();
  expect(await statuses(tolerant, 2)).toEqual([200, 200]);
  expect(await statuses(strict, 2)).toEqual([500, 500]);
  await redis.launch();
  await eventually('the limit is back', async () => (await statuses(tolerant, 1))[0] === 429);
}, 60_000);

test('response-ratelimiting: what answers used up is known to all nodes', async () => {
  const config = { limits: { video: { year: 4 } } };
  const first = await gateway('response-ratelimiting', config);
  const second = await gateway('response-ratelimiting', config);
  const left = async (to: GatewayProcess): Promise<string | null> => (await fetch(to.url)).headers.get('x-ratelimit-remaining-video-year');
  expect(await left(first)).toBe('2');
  await eventually('the first answer is counted', async () => (await keys()).length === 1);
  expect(await keys()).toEqual([expect.stringMatching(/^response-ratelimit:[\da-f-]{36}:[\da-f-]{36}:127\.0\.0\.1:\d{13}:video:year$/)]);
  expect(await left(second)).toBe('0');
  await eventually('the second answer is counted', async () => (await fetch(first.url)).status === 429);
}, 60_000);
