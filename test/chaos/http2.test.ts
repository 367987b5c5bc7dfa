/** Clients of HTTP/2 that flood, stall and lie: their connection ends, nothing of them stays, and others are served. */
import http2 from 'node:http2';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freePort } from '../support/gateway-process.js';
import { block, END_HEADERS, END_STREAM, FRAME, FrameClient, field, frame } from './support/http2-frames.js';
import { opened } from './support/open.js';
import { type Plane, until } from './support/plane.js';
import { okay, type StrictService } from './support/strict-service.js';

const open = opened();
const clients: FrameClient[] = [];
afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.destroy();
});

const SHORT = {
  GATEWAY_HEAD_TIMEOUT_MS: '300',
  GATEWAY_BODY_TIMEOUT_MS: '300',
  GATEWAY_SEND_TIMEOUT_MS: '300',
  GATEWAY_KEEPALIVE_TIMEOUT_MS: '300',
};
const GET = END_HEADERS | END_STREAM;
const CALM = http2.constants.NGHTTP2_ENHANCE_YOUR_CALM;

async function start(service: StrictService, environment: Record<string, string> = {}): Promise<{ plane: Plane; tlsPort: number }> {
  const tlsPort = await freePort();
  const plane = await open.plane(service, { environment, extra: ['--tls-port', String(tlsPort)] });
  return { plane, tlsPort };
}

async function client(port: number, settings?: Buffer<ArrayBuffer>): Promise<FrameClient> {
  const made = await FrameClient.connect(port, settings);
  clients.push(made);
  return made;
}

/** Says the same again and again until the other side closes; never more than it takes at once. */
async function flood(attacker: FrameClient, piece: (i: number) => Buffer): Promise<void> {
  let i = 0;
  await until('the connection is closed', async () => {
    for (let n = 0; n < 200 && !attacker.closed; n++) if (!attacker.send(piece(i++))) break;
    return attacker.closed;
  });
}

/** Whether another client is served, and nothing is left of the one before. */
async function wellAfter(plane: Plane, tlsPort: number): Promise<void> {
  const good = await client(tlsPort);
  good.send(frame(FRAME.headers, GET, 1, block('GET', '/')));
  await until('answered', () => good.of(FRAME.headers, 1).length === 1);
  good.socket.destroy();
  await plane.quiet();
  expect(plane.alive).toBe(true);
}

/** SETTINGS of one value. */
function setting(id: number, value: number): Buffer<ArrayBuffer> {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(id, 0);
  payload.writeUInt32BE(value, 2);
  return payload;
}

describe('a flood of', () => {
  const cancel = Buffer.from([0, 0, 0, 8]);
  test.each<[string, (i: number) => Buffer]>([
    ['PINGs', () => frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
    ['SETTINGS', () => frame(FRAME.settings, 0, 0, setting(4, 65_535))],
    ['empty SETTINGS', () => frame(FRAME.settings, 0, 0)],
    ['window updates', () => frame(FRAME.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 0]))],
    ['priorities', (i) => frame(FRAME.priority, 0, 2 * i + 1, Buffer.from([0, 0, 0, 0, 16]))],
    ['unknown frames', () => frame(0xbb, 0, 0, Buffer.alloc(8192))],
    [
      'resets (CVE-2023-44487)',
      (i) => Buffer.concat([frame(FRAME.headers, GET, 2 * i + 1, block('GET', '/')), frame(FRAME.reset, 0, 2 * i + 1, cancel)]),
    ],
    ['empty DATA', (i) => (i === 0 ? frame(FRAME.headers, END_HEADERS, 1, block('POST', '/')) : frame(FRAME.data, 0, 1))],
    [
      'CONTINUATION (CVE-2024-28182)',
      (i) => (i === 0 ? frame(FRAME.headers, 0, 1, block('GET', '/')) : frame(FRAME.continuation, 0, 1, field('x-more', 'y'.repeat(100)))),
    ],
    ['streams that are never ended', (i) => frame(FRAME.headers, END_HEADERS, 2 * i + 1, block('POST', '/'))],
    ['streams with bad heads', (i) => frame(FRAME.headers, GET, 2 * i + 1, block('get', 'x', field('Upper', 'case')))],
  ])('%s ends the connection', async (what, piece) => {
    const { plane, tlsPort } = await start(await open.service());
    const attacker = await client(tlsPort);
    await flood(attacker, piece);
    if (what.startsWith('PING') || what.includes('SETTINGS')) expect([CALM, null]).toContain(attacker.goaway);
    await wellAfter(plane, tlsPort);
  });

  test('resets asks the service for no more than was let through', async () => {
    const service = await open.service();
    const { plane, tlsPort } = await start(service, { GATEWAY_HTTP2_RESETS: '20' });
    const attacker = await client(tlsPort);
    await flood(attacker, (i) =>
      Buffer.concat([frame(FRAME.headers, GET, 2 * i + 1, block('GET', '/')), frame(FRAME.reset, 0, 2 * i + 1, Buffer.from([0, 0, 0, 8]))]),
    );
    expect(service.seen.length).toBeLessThan(200);
    await wellAfter(plane, tlsPort);
  });
});

describe('limits', () => {
  test('a stream too many is refused, the others go on', async () => {
    const waiting: (() => void)[] = [];
    const service = await open.service({
      answer: (_request, socket) => {
        waiting.push(() => socket.write(okay('ok')));
        return undefined;
      },
    });
    const { tlsPort } = await start(service, { GATEWAY_HTTP2_STREAMS: '5' });
    const many = await client(tlsPort);
    await until('settings', () => many.of(FRAME.settings).length > 0);
    for (let i = 0; i < 7; i++) many.send(frame(FRAME.headers, GET, 2 * i + 1, block('GET', '/')));
    await until('five asked', () => waiting.length === 5);
    for (const answer of waiting) answer();
    await until('five answers', () => many.of(FRAME.headers).length === 5);
    expect([...many.of(FRAME.reset).map(({ stream }) => stream)].sort((a, b) => a - b)).toEqual([11, 13]);
  });

  test('a header block that is too large is 400, one far too large is reset', async () => {
    const service = await open.service();
    const { plane, tlsPort } = await start(service, { GATEWAY_HEAD_BYTES: '2000', GATEWAY_HEADER_COUNT: '20' });
    const sender = await client(tlsPort);
    const fields = (n: number): Buffer => Buffer.concat(Array.from({ length: n }, (_, i) => field(`x-${i}`, 'v'.repeat(10))));
    sender.send(frame(FRAME.headers, GET, 1, block('GET', '/', fields(10))));
    sender.send(frame(FRAME.headers, GET, 3, block('GET', '/', fields(25))));
    sender.send(frame(FRAME.headers, GET, 5, block('GET', '/', fields(200))));
    await until(
      'all are ended',
      () => sender.of(FRAME.headers, 3).length === 1 && (sender.closed || sender.of(FRAME.reset, 5).length === 1),
    );
    await until('the first is answered', () => sender.of(FRAME.headers, 1).length === 1);
    expect(service.seen).toHaveLength(1);
    sender.socket.destroy();
    await wellAfter(plane, tlsPort);
  });
});

describe('a client that stalls', () => {
  test('before its first request is closed', async () => {
    const { plane, tlsPort } = await start(await open.service(), SHORT);
    const silent = await client(tlsPort);
    await until('closed', () => silent.closed);
    await wellAfter(plane, tlsPort);
  });

  test('in the middle of a header block is closed', async () => {
    const { plane, tlsPort } = await start(await open.service(), SHORT);
    const silent = await client(tlsPort);
    silent.send(frame(FRAME.headers, END_STREAM, 1, block('GET', '/')));
    await until('closed', () => silent.closed);
    await wellAfter(plane, tlsPort);
  });

  test('in the middle of a body gets 408, on its stream alone', async () => {
    const service = await open.service();
    const { plane, tlsPort } = await start(service, SHORT);
    const slow = await client(tlsPort);
    slow.send(frame(FRAME.headers, END_HEADERS, 1, block('POST', '/')), frame(FRAME.data, 0, 1, Buffer.from('half')));
    await until('answered', () => slow.of(FRAME.headers, 1).length === 1);
    expect(service.seen).toEqual([]);
    slow.send(frame(FRAME.headers, GET, 3, block('GET', '/')));
    await until('the next one is served', () => slow.of(FRAME.headers, 3).length === 1);
    await plane.quiet();
  });

  test('and takes nothing of its answer (a window of 0) has its stream reset', async () => {
    const { plane, tlsPort } = await start(await open.service({ answer: () => okay('x'.repeat(2_000_000)) }), SHORT);
    const closedWindow = await client(tlsPort, setting(4, 0));
    closedWindow.send(frame(FRAME.headers, GET, 1, block('GET', '/')));
    await until('reset', () => closedWindow.closed || closedWindow.of(FRAME.reset, 1).length === 1);
    await plane.quiet();
  });

  test('and leaves: the service sees its request end, and nothing stays', async () => {
    const service = await open.service({ answer: () => undefined });
    const { plane, tlsPort } = await start(service);
    const leaving = await client(tlsPort);
    for (let i = 0; i < 10; i++) leaving.send(frame(FRAME.headers, GET, 2 * i + 1, block('GET', '/')));
    await until('the service is asked', () => service.seen.length === 10);
    leaving.socket.destroy();
    await plane.quiet();
    await until('no sockets but listeners', () => plane.sockets() <= 8);
  });
});

test('fields that would be two lines in HTTP/1 are left out', async () => {
  const service = await open.service();
  const { tlsPort } = await start(service);
  const sender = await client(tlsPort);
  const bad = [field('bad name', 'x'), field('x', 'a\r\nb: c'), field('x\r\ny', 'z'), field('x', 'a\0b'), field('X', 'upper')];
  bad.forEach((one, i) => void sender.send(frame(FRAME.headers, GET, 2 * i + 1, block('GET', '/', one))));
  const ended = (stream: number): boolean => sender.of(FRAME.reset, stream).length > 0 || sender.of(FRAME.headers, stream).length > 0;
  await until('all are ended', () => sender.closed || bad.every((_, i) => ended(2 * i + 1)));
  for (const { headers } of service.seen) expect(headers.map(([name]) => name).filter((name) => /^[bxy ]+$/i.test(name))).toEqual([]);
  expect(service.faults).toEqual([]);
});

test('what only HTTP/1 has is refused: connection fields, other pseudo fields, upgrades', async () => {
  const service = await open.service();
  const { plane, tlsPort } = await start(service);
  const sender = await client(tlsPort);
  const bad = [
    field('connection', 'keep-alive'),
    field('transfer-encoding', 'chunked'),
    field('upgrade', 'websocket'),
    field(':path', '/two'),
    field(':status', '200'),
    field('te', 'gzip'),
    field('content-length', '5'),
    field('host', 'b'),
  ];
  bad.forEach((one, i) => void sender.send(frame(FRAME.headers, GET, 2 * i + 1, block('GET', '/', one))));
  const ended = (stream: number): boolean => sender.of(FRAME.reset, stream).length > 0 || sender.of(FRAME.headers, stream).length > 0;
  await until('all are ended', () => sender.closed || bad.every((_, i) => ended(2 * i + 1)));
  expect(service.seen).toEqual([]);
  sender.socket.destroy();
  await wellAfter(plane, tlsPort);
});
