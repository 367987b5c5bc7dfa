/** Services that misbehave: their faults reach nobody but the one who asked, and cost no more than one answer. */
import { describe, expect, test } from '@jest/globals';
import { opened } from './support/open.js';
import { until } from './support/plane.js';
import { okay } from './support/strict-service.js';

const open = opened();
const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
const UPGRADE = 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

test('a request that kills connections is not sent through all that are kept', async () => {
  let waiting: (() => void)[] = [];
  const service = await open.service({
    answer: (seen, socket) => {
      if (seen.target === '/poison') socket.destroy();
      else waiting.push(() => socket.write(okay('ok')));
      return undefined;
    },
  });
  const plane = await open.plane(service, { service: { retries: 0 } });
  const clients = await Promise.all(Array.from({ length: 20 }, () => open.client(plane.port)));
  for (const client of clients) client.send(get());
  await until('all at the service', () => waiting.length === clients.length);
  for (const answer of waiting) answer();
  waiting = [];
  for (const client of clients) await client.answered();
  const [client] = clients;
  client!.send(get('/poison'));
  expect((await client!.answered(2))[1]?.status).toBe(502);
  expect(service.seen.filter(({ target }) => target === '/poison').length).toBeLessThanOrEqual(2);
}, 20_000);

describe('an answer that says too much', () => {
  const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
  test.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n'],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\n\r\n'],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['GET', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
  ])(
    'to %s: %j and one more',
    async (method, answer) => {
      const service = await open.service({ answer: (seen) => (seen.target === '/next' ? okay('mine') : answer + evil) });
      const plane = await open.plane(service);
      const client = await open.client(plane.port);
      client.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
      await client.answered(1, [method === 'HEAD']);
      client.send(get('/next'));
      const bodies = (await client.answered(2, [method === 'HEAD'])).map(({ body }) => body);
      expect(bodies[1]).toBe('mine');
      expect(client.text).not.toContain('evil');
    },
    20_000,
  );
});

describe('an answer that is none', () => {
  test.each([
    ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['a NUL in a value', 'HTTP/1.1 200 OK\r\nA: x\0y\r\nContent-Length: 0\r\n\r\n'],
    ['a bare CR in a value', 'HTTP/1.1 200 OK\r\nA: x\ry\r\nContent-Length: 0\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nA: x\r\n y\r\nContent-Length: 0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok'],
    ['a length and a coding', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a coding nobody asked for', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['101 that nobody asked for', SWITCHED],
    ['nothing but 1xx', 'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nA: ${'x'.repeat(70_000)}`],
  ])(
    '%s: 502 or 504, and the client goes on',
    async (_what, answer) => {
      const service = await open.service({ answer: (seen) => (seen.target === '/next' ? okay('mine') : answer) });
      const plane = await open.plane(service, { service: { read_timeout: 300, retries: 0 } });
      const client = await open.client(plane.port);
      client.send(get());
      expect([502, 504]).toContain((await client.answered())[0]?.status);
      client.send(get('/next'));
      expect((await client.answered(2))[1]?.body).toBe('mine');
      await until('one connection to the service', () => service.open.size === 1);
    },
    20_000,
  );

  test('a service that takes the connection and says nothing: 504, and the connection is closed', async () => {
    const service = await open.service({ answer: () => undefined });
    const plane = await open.plane(service, { service: { read_timeout: 50, retries: 1 } });
    const client = await open.client(plane.port);
    client.send(get());
    expect((await client.answered())[0]?.status).toBe(504);
    expect(service.seen.length).toBe(2);
    await until('no connection to the service', () => service.open.size === 0);
  }, 20_000);

  test('a service that stops in the middle: the client sees a cut answer', async () => {
    const service = await open.service({ answer: () => 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc' });
    const plane = await open.plane(service, { service: { read_timeout: 50 } });
    const client = await open.client(plane.port);
    client.send(get() + get('/next'));
    await client.end();
    expect(client.answers().list).toEqual([]);
    expect(client.text.endsWith('abc')).toBe(true);
    await plane.quiet();
    expect(service.seen.length).toBe(1);
  }, 20_000);
});

describe('a tunnel', () => {
  test('in which nothing passes for as long as an answer may take is closed', async () => {
    const service = await open.service({ answer: () => SWITCHED });
    const plane = await open.plane(service, { service: { read_timeout: 100 } });
    const client = await open.client(plane.port);
    client.send(UPGRADE);
    await client.end();
    expect(client.text).toMatch(/^HTTP\/1\.1 101 /);
    await plane.quiet();
    await until('no connection to the service', () => service.open.size === 0);
  }, 20_000);

  test('is none where the service declines: what came ahead is the next request', async () => {
    const service = await open.service({ answer: (seen) => okay(seen.target) });
    const plane = await open.plane(service);
    const client = await open.client(plane.port);
    client.send(UPGRADE + get('/ahead'));
    expect((await client.answered(2)).map(({ body }) => body)).toEqual(['/ws', '/ahead']);
    expect(service.faults).toEqual([]);
  }, 20_000);

  test.each(['h2c', 'TLS/1.0', 'websocket, h2c'])(
    'is not made for Upgrade: %s',
    async (protocol) => {
      const service = await open.service({ answer: (seen) => okay(JSON.stringify(seen.headers.map(([name]) => name))) });
      const plane = await open.plane(service);
      const client = await open.client(plane.port);
      client.send(
        `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n`,
      );
      const [answer] = await client.answered();
      expect(answer?.status).toBe(200);
      for (const name of ['upgrade', 'http2-settings']) expect(JSON.parse(answer!.body)).not.toContain(name);
    },
    20_000,
  );
});
