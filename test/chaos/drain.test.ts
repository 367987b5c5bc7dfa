/** SIGTERM while clients are busy: whoever was let in is served, to the last byte. */
import { describe, expect, test } from '@jest/globals';
import { askRepeatedly, requests, type Tally } from './support/load.js';
import { opened } from './support/open.js';
import { until } from './support/plane.js';
import { okay } from './support/strict-service.js';

const open = opened();
const ROUNDS = process.env['GATEHOUSE_SOAK'] ? 100 : 5;
const BIG = okay('z'.repeat(2_000_000));
const ECHO = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

describe('SIGTERM under load', () => {
  test.each(Array.from({ length: ROUNDS }, (_, i) => i + 1))(
    'round %i: no request fails',
    async (round) => {
      const service = await open.service({
        answer: ({ target }, socket) => {
          setTimeout(() => socket.write(target === '/down' ? BIG : okay('ok')), Math.random() * 10);
          return undefined;
        },
      });
      const plane = await open.plane(service, { route: { request_buffering: round % 2 === 0 } });
      const tally: Tally = { done: 0, refused: 0, failed: [] };
      const { get, once, upload, chunked, download } = requests;
      const asks = [get, get, get, get, get, get, once, once, once, upload, chunked, download, download];
      const clients = asks.map((ask) => askRepeatedly(plane.port, ask, tally));
      await until('load', () => tally.done > 100);
      expect(await plane.gateway.stop('SIGTERM')).toBe(0);
      await Promise.all(clients);
      expect(tally.failed).toEqual([]);
      // The moment between the last look at the listener and its end can't be made nothing, only short.
      expect(tally.refused).toBeLessThanOrEqual(3);
      expect(service.faults).toEqual([]);
    },
    30_000,
  );
});

test('a client between two requests may send one more', async () => {
  const service = await open.service();
  const plane = await open.plane(service);
  const client = await open.client(plane.port);
  client.send(...requests.get());
  await client.answered();
  const ended = plane.gateway.stop('SIGTERM');
  await until('draining', () =>
    open
      .client(plane.port)
      .then(() => false)
      .catch(() => true),
  );
  client.send(...requests.get());
  expect((await client.answered(2))[1]?.headers.get('connection')).toBe('close');
  expect(await ended).toBe(0);
}, 20_000);

test('a head that has begun is served', async () => {
  const service = await open.service();
  const plane = await open.plane(service);
  const client = await open.client(plane.port);
  client.send('GET / HTTP/1.1\r\nHo');
  await until('a connection', async () => (await plane.counts()).connections === 1);
  const ended = plane.gateway.stop('SIGTERM');
  await until('draining', () =>
    open
      .client(plane.port)
      .then(() => false)
      .catch(() => true),
  );
  client.send('st: a\r\n\r\n');
  expect((await client.answered())[0]?.status).toBe(200);
  expect(await ended).toBe(0);
}, 20_000);

test('a tunnel goes on until its client ends it', async () => {
  const service = await open.service({
    answer: (_seen, socket) => {
      socket.removeAllListeners('data');
      socket.on('data', (data) => socket.write(data));
      return ECHO;
    },
  });
  const plane = await open.plane(service);
  const client = await open.client(plane.port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await client.when(() => client.text.includes('\r\n\r\n'));
  const ended = plane.gateway.stop('SIGTERM');
  await until('draining', () =>
    open
      .client(plane.port)
      .then(() => false)
      .catch(() => true),
  );
  client.send('hello');
  await client.when(() => client.text.endsWith('hello'));
  client.destroy();
  expect(await ended).toBe(0);
}, 20_000);

test('who holds on too long is cut off at the limit', async () => {
  const service = await open.service({ answer: () => undefined });
  const plane = await open.plane(service, { environment: { GATEWAY_DRAIN_TIMEOUT_MS: '200' } });
  const client = await open.client(plane.port);
  client.send(...requests.get());
  await until('the request', () => service.seen.length === 1);
  expect(await plane.gateway.stop('SIGTERM')).toBe(0);
  await client.end();
  expect(client.text).toBe('');
}, 20_000);
