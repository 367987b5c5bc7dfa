/** Clients that leave, at every stage: nothing of them stays behind, no file, no socket, no request in flight. */
import { once } from 'node:events';
import net from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { INSPECTED, livingBytes } from './support/heap.js';
import { opened } from './support/open.js';
import { Plane, until } from './support/plane.js';
import { RawClient } from './support/raw-client.js';
import { okay, StrictService } from './support/strict-service.js';

const open = opened();
const BIG = 200_000;
const chunked = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

describe('a collected body', () => {
  const terminated = { plugins: [{ name: 'request-size-limiting', config: { allowed_payload_size: 1 } }, { name: 'request-termination' }] };

  test('is freed when a plugin answers instead of the service', async () => {
    const service = await open.service();
    const plane = await open.plane(service, { route: terminated });
    const client = await open.client(plane.port);
    for (let i = 1; i <= 3; i++) {
      client.send(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunked('x'.repeat(BIG))}`);
      expect((await client.answered(i))[i - 1]?.status).toBe(503);
    }
    await until('no temporary file', () => plane.spoolFiles() === 0);
  }, 20_000);

  test('is freed when a plugin replaced it', async () => {
    const service = await open.service();
    const plane = await open.plane(service, {
      route: { plugins: [{ name: 'request-transformer', config: { add: { body: ['added:1'] } } }] },
    });
    const client = await open.client(plane.port);
    const json = JSON.stringify({ text: 'x'.repeat(BIG) });
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${json.length}\r\n\r\n${json}`);
    expect((await client.answered())[0]?.status).toBe(200);
    expect(service.seen[0]?.body.toString()).toContain('"added":');
    await until('no temporary file', () => plane.spoolFiles() === 0);
  }, 20_000);

  test('is sent again whole when the first target closes', async () => {
    let tries = 0;
    const service = await open.service({
      answer: (_seen, socket) => {
        if (++tries < 3) {
          socket.destroy();
          return undefined;
        }
        return okay('third');
      },
    });
    const plane = await open.plane(service, { service: { retries: 5 } });
    const client = await open.client(plane.port);
    client.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${BIG}\r\n\r\n${'y'.repeat(BIG)}`);
    expect((await client.answered())[0]).toMatchObject({ status: 200, body: 'third' });
    expect(service.seen.map(({ body }) => body.length)).toEqual([BIG, BIG, BIG]);
    await until('no temporary file', () => plane.spoolFiles() === 0);
  }, 20_000);
});

describe('nothing stays of a client that leaves', () => {
  const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const TOGETHER = 10;
  let service: StrictService;
  let mute: net.Server;
  const muted = new Set<net.Socket>();
  let plane: Plane;

  beforeAll(async () => {
    service = await StrictService.start({
      head: ({ target }, socket) => {
        if (target === '/early') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nsome');
      },
      answer: ({ target }) => {
        if (target === '/silent') return undefined;
        if (target === '/some') return `HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n${'x'.repeat(100_000)}`;
        if (target === '/all') return okay('z'.repeat(5_000_000));
        return target === '/ws' ? `${SWITCHED}hello` : okay('ok');
      },
    });
    // Takes connections and says nothing: a TLS handshake with it never ends.
    mute = net.createServer((socket) => {
      muted.add(socket.resume());
      socket.on('error', () => socket.destroy());
      socket.on('close', () => muted.delete(socket));
    });
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const url = `http://127.0.0.1:${service.port}`;
    const route = { strip_path: false };
    plane = await Plane.start(
      JSON.stringify({
        _format_version: '3.0',
        services: [
          { name: 'spooled', url, routes: [{ name: 'spooled', paths: ['/'], ...route }] },
          {
            name: 'streamed',
            url,
            routes: [{ name: 'streamed', paths: ['/stream', '/early'], request_buffering: false, response_buffering: false, ...route }],
          },
          {
            name: 'mute',
            url: `https://127.0.0.1:${(mute.address() as net.AddressInfo).port}`,
            routes: [{ name: 'mute', paths: ['/mute'], ...route }],
          },
        ],
      }),
      { GATEWAY_LOG_LEVEL: 'warn', GATEWAY_LINGER_TIMEOUT_MS: '100', ...INSPECTED },
    );
  }, 30_000);

  afterAll(async () => {
    for (const thing of [plane, service]) await thing?.[Symbol.asyncDispose]();
    for (const socket of muted) socket.destroy();
    mute?.close();
  });

  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const post = (path: string, bytes: number): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`;
  const asked = (count: number) => (): boolean => service.heads >= count;
  const body = 'x'.repeat(BIG);

  /** What is sent, and what holds once all clients are at the stage. */
  const stages: [string, readonly string[], (clients: readonly RawClient[]) => boolean][] = [
    ['before its request', [], () => true],
    ['in the head', ['GET / HTTP/1.1\r\nHo'], () => true],
    ['in a small body', [post('/', 10), 'x'], () => true],
    ['in a body that is collected', [post('/', 2 * BIG), body], () => plane.spoolFiles() === TOGETHER],
    [
      'in chunks that are collected',
      [post('/', 0).replace('Content-Length: 0', 'Transfer-Encoding: chunked'), chunked(body).slice(0, -5)],
      () => plane.spoolFiles() === TOGETHER,
    ],
    ['in a body that streams', [post('/stream', 2 * BIG), body], asked(TOGETHER)],
    [
      'in a body that streams and is answered already',
      [post('/early', 2 * BIG), body],
      (clients) => clients.every(({ text }) => text.endsWith('some')),
    ],
    ['in a body that nobody reads', [post('/none', 2 * BIG).replace('HTTP/1.1', 'HTTP/1.1\r\nX: y'), body], () => true],
    ['while its service is connected', [get('/mute')], () => muted.size === TOGETHER],
    ['with a collected body, while its service is connected', [post('/mute', BIG), body], () => muted.size === TOGETHER],
    ['while its service thinks', [get('/silent')], asked(TOGETHER)],
    ['with a collected body, while its service thinks', [post('/silent', BIG), body], asked(TOGETHER)],
    ['in the answer', [get('/some')], (clients) => clients.every(({ text }) => text.length > 90_000)],
    [
      'in the answer, with more requests ahead',
      [get('/some') + get('/').repeat(50)],
      (clients) => clients.every(({ text }) => text.length > 90_000),
    ],
    ['after its answer', [get('/')], (clients) => clients.every(({ text }) => text.endsWith('ok'))],
    [
      'in a tunnel',
      [get('/ws').replace('Host', 'Connection: Upgrade\r\nUpgrade: websocket\r\nHost')],
      (clients) => clients.every(({ text }) => text.endsWith('hello')),
    ],
  ];

  const ways: [string, (client: RawClient) => unknown][] = [
    ['closes', (client) => client.destroy()],
    ['resets', (client) => client.abort()],
    ['ends its side', (client) => client.socket.end()],
  ];

  async function leave(sent: readonly string[], there: (clients: readonly RawClient[]) => boolean, way: (client: RawClient) => unknown) {
    service.clear();
    const clients = await Promise.all(Array.from({ length: TOGETHER }, () => RawClient.connect(plane.port)));
    try {
      await Promise.all(clients.map((client) => client.send(...sent)));
      await until('all clients at the stage', () => there(clients));
      for (const client of clients) way(client);
      await plane.quiet();
    } finally {
      for (const client of clients) client.destroy();
    }
    await until('no temporary file', () => plane.spoolFiles() === 0);
    await until('no half-made connection', () => muted.size === 0);
  }

  describe.each(ways)('that %s', (_how, way) => {
    test.each(stages)(
      '%s',
      async (_when, sent, there) => {
        await leave(sent, there, way);
        // What remains are connections to the service that wait for the next request, and those to its status.
        await until('as many sockets as before', () => plane.sockets() <= service.open.size + 6);
        expect(plane.alive).toBe(true);
        const next = await RawClient.connect(plane.port);
        next.send(get('/'));
        expect((await next.answered())[0]?.body).toBe('ok');
        next.destroy();
      },
      20_000,
    );
  });

  test('again and again: no memory either', async () => {
    const all = async (): Promise<void> => {
      for (const [, sent, there] of stages) await leave(sent, there, (client) => client.abort());
    };
    await all();
    const before = await livingBytes(plane);
    for (let i = 0; i < 5; i++) await all();
    expect((await livingBytes(plane)) - before).toBeLessThan(1024 * 1024);
  }, 60_000);
});
