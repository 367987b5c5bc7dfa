/** What is refused, where connections end, and what each limit's edge is: told from outside, by bytes. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { oneService } from '../support/gateway-process.js';
import { attacks, EVIL } from './support/attacks.js';
import { Plane } from './support/plane.js';
import { RawClient } from './support/raw-client.js';
import { okay, StrictService } from './support/strict-service.js';

let service: StrictService;
let plane: Plane;
let small: Plane;

const LIMITS = {
  GATEWAY_REQUEST_LINE_BYTES: '100',
  GATEWAY_HEADER_LINE_BYTES: '60',
  GATEWAY_HEAD_BYTES: '300',
  GATEWAY_HEADER_COUNT: '10',
  GATEWAY_KEEPALIVE_REQUESTS: '3',
  GATEWAY_DISCARD_BYTES: '1000',
};

beforeAll(async () => {
  service = await StrictService.start({ answer: (seen) => okay(seen.target) });
  const config = JSON.stringify({ ...JSON.parse(oneService(service.port, { paths: ['/front', '/evil'] })) });
  plane = await Plane.start(config);
  small = await Plane.start(config, LIMITS);
}, 30_000);

afterAll(async () => {
  for (const thing of [plane, small, service]) await thing?.[Symbol.asyncDispose]();
});

beforeEach(() => service.clear());

/** Sends, waits until the gateway ends the connection, and gives the statuses. */
async function statusesOf(port: number, sent: string | readonly string[]): Promise<number[]> {
  const client = await RawClient.connect(port);
  await client.send(...[sent].flat());
  await client.end();
  return client.answers().list.map(({ status }) => status);
}

const targets = (): string[] => service.seen.map(({ target }) => target);

describe('is refused and closed, and nothing of it reaches the service', () => {
  test.each(attacks)('$name', async ({ sent, statuses }) => {
    expect(await statusesOf(plane.port, sent)).toEqual(statuses);
    expect(service.faults).toEqual([]);
    expect(targets()).toEqual([]);
  });

  test('after requests that were fine', async () => {
    const fine = 'GET /front HTTP/1.1\r\nHost: a\r\n\r\n';
    const bad = `POST /front HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab${EVIL}`;
    expect(await statusesOf(plane.port, fine + fine + bad)).toEqual([200, 200, 400]);
    expect(targets()).toEqual(['/front', '/front']);
  });
});

describe('is one request and no more', () => {
  const last = 'GET /front?last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  test.each([
    ['a body that looks like a request', `POST /front HTTP/1.1\r\nHost: a\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`],
    ['a GET with such a body', `GET /front HTTP/1.1\r\nHost: a\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`],
    ['a HEAD with such a body', `HEAD /front HTTP/1.1\r\nHost: a\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`],
    [
      'a chunk that looks like a request',
      `POST /front HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${EVIL.length.toString(16)}\r\n${EVIL}\r\n0\r\n\r\n`,
    ],
    [
      'a trailer that looks like a header',
      'POST /front HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 40\r\n\r\n',
    ],
    ['an extension that looks like chunks', 'POST /front HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0;\t"0"\r\n\r\n'],
    ['a length with zeros before it', `POST /front HTTP/1.1\r\nHost: a\r\nContent-Length: 00${EVIL.length}\r\n\r\n${EVIL}`],
    ['a coding in capitals', 'POST /front HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
    ['a head whose lines end in bare LF', 'GET /front HTTP/1.1\nHost: a\n\n'],
    [
      'an upgrade with a request behind it in its body',
      `GET /front HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`,
    ],
    [
      'a body that was expected',
      `POST /front HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`,
    ],
    ['an absolute target', 'GET http://b.test/front HTTP/1.1\r\nHost: a\r\n\r\n'],
    [
      'a name that is no token, with framing in it',
      'GET /front HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\x80: chunked\r\n(Content-Length): 9\r\n\r\n',
    ],
    ['HTTP/1.0 that stays', 'GET /front HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n'],
  ])('%s', async (_what, sent) => {
    const client = await RawClient.connect(plane.port);
    client.send(sent + last);
    await client.end();
    const { list, rest } = client.answers([sent.startsWith('HEAD')]);
    expect(list.map(({ status }) => status)).toEqual([200, 200]);
    expect(rest).toBe('');
    expect(targets()).toEqual(['/front', '/front?last']);
    expect(service.faults).toEqual([]);
  });

  test('a client that goes after half of a body makes none', async () => {
    const client = await RawClient.connect(plane.port);
    await client.send('POST /front HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
    client.destroy();
    await plane.quiet();
    expect(targets()).toEqual([]);
  });
});

describe('limits', () => {
  const line = (bytes: number): string => `GET /front?${'x'.repeat(bytes - 'GET /front? HTTP/1.1\r\n'.length)} HTTP/1.1\r\n`;
  const header = (bytes: number): string => `X: ${'x'.repeat(bytes - 'X: \r\n'.length)}\r\n`;
  const HOST = 'Host: a\r\n';
  const CLOSE = 'Connection: close\r\n\r\n';
  const filled = (bytes: number): string => {
    const rest = bytes - line(50).length - HOST.length - (CLOSE.length - 2);
    const each = Math.floor(rest / 5);
    return line(50) + HOST + header(each).repeat(4) + header(rest - 4 * each) + CLOSE;
  };

  test.each([
    ['request line', (n: number) => line(n) + HOST + CLOSE, 100, 414],
    ['header line', (n: number) => line(50) + HOST + header(n) + CLOSE, 60, 400],
    ['head', filled, 300, 400],
    ['header count', (n: number) => line(50) + HOST + header(6).repeat(n - 2) + CLOSE, 10, 400],
  ])('%s: at the edge it passes, one more is refused', async (_what, request, edge, status) => {
    for (const split of [false, true]) {
      const pieces = (text: string): string[] => (split ? [text.slice(0, -3), text.slice(-3)] : [text]);
      expect(await statusesOf(small.port, pieces(request(edge)))).toEqual([200]);
      expect(await statusesOf(small.port, pieces(request(edge + 1) + EVIL))).toEqual([status]);
    }
    expect(targets()).not.toContain('/evil');
  });

  test('what never ends is refused at its limit, not collected', async () => {
    expect(await statusesOf(small.port, ['GET /', 'x'.repeat(99)])).toEqual([414]);
    expect(await statusesOf(small.port, ['GET /front HTTP/1.1\r\nX: ', 'x'.repeat(99)])).toEqual([400]);
    expect(await statusesOf(small.port, ['GET /front HTTP/1.1\r\n', 'X: y\r\n'.repeat(60)])).toEqual([400]);
  });

  test('requests on one connection', async () => {
    const request = `GET /front HTTP/1.1\r\n${HOST}\r\n`;
    expect(await statusesOf(small.port, request.repeat(3) + EVIL)).toEqual([200, 200, 200]);
    expect(targets()).toEqual(['/front', '/front', '/front']);
  });

  test('an unread body is dropped up to its limit', async () => {
    const unrouted = (bytes: number): string => `POST /none HTTP/1.1\r\n${HOST}Content-Length: ${bytes}\r\n\r\n`;
    const next = `GET /front HTTP/1.1\r\n${HOST}${CLOSE}`;
    expect(await statusesOf(small.port, unrouted(1000) + 'x'.repeat(1000) + next)).toEqual([404, 200]);
    const client = await RawClient.connect(small.port);
    client.send(unrouted(2000));
    await client.answered();
    await client.send('x'.repeat(1001));
    await client.end();
    expect(targets()).toEqual(['/front']);
  });
});
