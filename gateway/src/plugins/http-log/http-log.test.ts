import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { fakeEnvironment, fakeExchange, runThrough } from '../testing/fake-exchange.js';
import { httpLog } from './index.js';

interface Received {
  readonly method: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: unknown;
}

let received: Received[] = [];
let statuses: number[] = [];
let onReceived: () => void = () => {};
let endpoint: string;

const server = http.createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => {
    text += chunk;
  });
  request.on('end', () => {
    received.push({ method: request.method, headers: request.headers, body: JSON.parse(text) });
    response.statusCode = statuses.shift() ?? 200;
    response.end('thanks');
    onReceived();
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://user:p%40ss@127.0.0.1:${(server.address() as AddressInfo).port}/logs`;
});
afterAll(() => void server.close());
beforeEach(() => {
  received = [];
  statuses = [];
});

const queue = {
  max_batch_size: 1,
  max_coalescing_delay: 1,
  max_entries: 10,
  max_bytes: null,
  max_retry_time: 60,
  initial_retry_delay: 0.001,
  max_retry_delay: 1,
};
const defaults = {
  method: 'POST',
  content_type: 'application/json',
  timeout: 10_000,
  keepalive: 60_000,
  headers: { 'X-Tenant': 'acme' },
  queue,
  queue_size: null,
  flush_timeout: null,
  custom_fields_by_lua: null,
};

/** Sends one request through the plugin per target, and waits for so many deliveries. */
async function run(config: Record<string, unknown>, targets: string[], deliveries: number): Promise<void> {
  const plugin = httpLog.create({ ...defaults, http_endpoint: endpoint, ...config }, fakeEnvironment());
  const done = new Promise<void>((resolve) => {
    onReceived = () => received.length >= deliveries && resolve();
  });
  for (const target of targets) await runThrough(plugin, fakeExchange({ target }));
  await done;
  plugin.close?.();
}

test('an entry by itself, with credentials and own headers', async () => {
  await run({}, ['/1'], 1);
  expect(received[0]).toMatchObject({
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
      'content-type': 'application/json',
      'x-tenant': 'acme',
    },
    body: { request: { uri: '/1' } },
  });
});

test('several as a list, by the older name too', async () => {
  for (const config of [{ queue: { ...queue, max_batch_size: 2 } }, { queue_size: 2 }]) {
    received = [];
    await run(config, ['/1', '/2'], 1);
    expect(received[0]?.body).toMatchObject([{ request: { uri: '/1' } }, { request: { uri: '/2' } }]);
  }
});

test('an answer from 300 on is tried again', async () => {
  statuses = [500, 302];
  await run({}, ['/1'], 3);
  expect(received.map(({ body }) => (body as { request: { uri: string } }).request.uri)).toEqual(['/1', '/1', '/1']);
});
