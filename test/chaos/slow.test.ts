/** Clients that take little, late or nothing: they get all of what they wait for, and cost no more than they must. */
import { describe, expect, test } from '@jest/globals';
import { opened } from './support/open.js';
import { until } from './support/plane.js';
import { okay } from './support/strict-service.js';

const open = opened();
const MIB = 1024 * 1024;
/** More than what systems hold between two sockets. */
const LARGE = 7 * MIB;
const answering = {
  plugins: [{ name: 'request-termination', config: { status_code: 200, body: 'x'.repeat(LARGE), content_type: 'a/b' } }],
};
const get = (more = ''): string => `GET / HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

describe('a client that reads nothing', () => {
  test('and sends thousands of requests ahead gets few of them served, then is cut off', async () => {
    const body = 'x'.repeat(50_000);
    const service = await open.service({ answer: () => okay(body) });
    const plane = await open.plane(service, { environment: { GATEWAY_SEND_TIMEOUT_MS: '500' } });
    const before = plane.gateway.memory().now;
    const client = await open.client(plane.port);
    client.socket.pause();
    client.send(get().repeat(5000));
    await until('a first request', () => service.seen.length > 0);
    await plane.quiet();
    expect(service.seen.length).toBeLessThan(1000);
    expect(plane.gateway.memory().peak - before).toBeLessThan(64 * MIB);
  }, 30_000);

  test.each(['', 'Connection: close\r\n'])(
    'is cut off with a large answer of our own on the way: %j',
    async (more) => {
      const service = await open.service();
      const plane = await open.plane(service, { route: answering, environment: { GATEWAY_SEND_TIMEOUT_MS: '500' } });
      const client = await open.client(plane.port);
      client.socket.pause();
      client.send(get(more));
      await until('a connection', async () => (await plane.counts()).connections > 0);
      await plane.quiet();
      client.socket.resume();
      await client.end();
      expect(client.answers().list).toEqual([]);
    },
    30_000,
  );
});

describe('a client that reads late', () => {
  test.each([
    ['closes', 'Connection: close\r\n'],
    ['stays', ''],
  ])(
    'gets a large answer of our own whole, where the connection %s',
    async (_what, more) => {
      const service = await open.service();
      const environment = { GATEWAY_LINGER_TIMEOUT_MS: '1', GATEWAY_KEEPALIVE_TIMEOUT_MS: '1' };
      const plane = await open.plane(service, { route: answering, environment });
      const client = await open.client(plane.port);
      client.socket.pause();
      client.send(get(more));
      // Two sweeps for idle connections, which this one must survive: seen by another one that does not.
      for (const _ of [1, 2]) await (await open.client(plane.port)).send(get()).then((other) => other.end());
      client.socket.resume();
      await client.end();
      expect(client.answers().list[0]?.body.length).toBe(LARGE);
    },
    30_000,
  );

  test.each(['', 'Connection: close\r\n'])(
    'gets the rest of an answer although the gateway is told to stop: %j',
    async (more) => {
      const service = await open.service();
      const plane = await open.plane(service, { route: answering });
      const client = await open.client(plane.port);
      client.socket.pause();
      client.send(get(more));
      // Answered as far as the gateway is concerned; the client has nothing yet.
      await until('an answer', async () => (await open.client(plane.port)).send(get()).then((other) => other.answered().then(() => true)));
      const ended = plane.gateway.stop('SIGTERM');
      await until('draining', () =>
        open.client(plane.port).then(
          () => false,
          () => true,
        ),
      );
      client.socket.resume();
      await client.end();
      expect(client.answers().list[0]?.body.length).toBe(LARGE);
      expect(await ended).toBe(0);
    },
    30_000,
  );
});

test('bodies of tiny chunks and tiny segments cost about their size', async () => {
  const service = await open.service();
  const plane = await open.plane(service);
  await (await (await open.client(plane.port)).send(get())).answered();
  const before = plane.gateway.memory().now;
  const clients = await Promise.all(Array.from({ length: 40 }, () => open.client(plane.port)));
  for (const client of clients)
    await client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nx\r\n'.repeat(60_000));
  for (const client of clients) {
    client.send('0\r\n\r\n');
    expect((await client.answered())[0]?.status).toBe(200);
  }
  expect(service.seen.slice(1).map(({ body }) => body.length)).toEqual(clients.map(() => 60_000));
  expect(plane.gateway.memory().peak - before).toBeLessThan(128 * MIB);
}, 30_000);

describe('a client that sends late', () => {
  test('is answered 408 for a head, and closed', async () => {
    const service = await open.service();
    const plane = await open.plane(service, { environment: { GATEWAY_HEAD_TIMEOUT_MS: '50' } });
    const client = await open.client(plane.port);
    client.send('GET / HTTP/1.1\r\nHo');
    await client.end();
    expect(client.answers().list.map(({ status }) => status)).toEqual([408]);
  }, 20_000);

  test('is answered 408 for a body, collected or not, and the service saw no request', async () => {
    const service = await open.service();
    const plane = await open.plane(service, { environment: { GATEWAY_BODY_TIMEOUT_MS: '50' } });
    const client = await open.client(plane.port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
    await client.end();
    expect(client.answers().list.map(({ status }) => status)).toEqual([408]);
    expect(service.heads).toBe(0);
  }, 20_000);

  test("does not make its service late: where the body streams, the wait is the client's", async () => {
    const service = await open.service();
    const more = {
      upstreams: [
        {
          name: 'u',
          targets: [{ target: `127.0.0.1:${service.port}` }],
          healthchecks: { passive: { unhealthy: { timeouts: 1, http_failures: 1, http_statuses: [504] } } },
        },
      ],
    };
    const settings = { route: { request_buffering: false }, service: { host: 'u', write_timeout: 50, read_timeout: 50, retries: 0 }, more };
    const plane = await open.plane(service, { ...settings, environment: { GATEWAY_BODY_TIMEOUT_MS: '1000' } });
    const client = await open.client(plane.port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
    await client.end();
    expect(client.answers().list.map(({ status }) => status)).toEqual([408]);
    const other = await open.client(plane.port);
    expect((await (await other.send(get())).answered())[0]?.status).toBe(200);
  }, 20_000);
});
