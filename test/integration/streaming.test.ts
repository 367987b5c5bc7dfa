/** Bodies of any size pass both ways with flat memory; slow sides slow the other; who leaves is noticed. */
import http from 'node:http';
import net from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { GatewayProcess, oneService } from '../support/gateway-process.js';

const MIB = 1024 * 1024;
const SIZE = 1024 * MIB;
const ADDED_MAX = 64 * MIB;
const piece = Buffer.alloc(256 * 1024, 'x');

const open: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function service(handler: http.RequestListener): Promise<number> {
  const server = http.createServer({ requestTimeout: 0 }, handler).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

async function gatewayTo(port: number, more: Record<string, unknown> = {}): Promise<GatewayProcess> {
  const gateway = await GatewayProcess.start(oneService(port, more));
  open.push(() => gateway.stop('SIGKILL'));
  await fetch(`${gateway.url}/warm`).then((answer) => answer.arrayBuffer());
  return gateway;
}

/** Counts what arrives; answers small requests at once. */
const counting: http.RequestListener = (request, response) => {
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  request.on('end', () => response.end(JSON.stringify({ bytes, length: request.headers['content-length'] ?? null })));
};

async function upload(gateway: GatewayProcess, headers: Record<string, string>): Promise<{ bytes: number; length: string | null }> {
  const request = http.request(`${gateway.url}/up`, { method: 'POST', headers });
  const answer = new Promise<http.IncomingMessage>((resolve, reject) => request.on('response', resolve).on('error', reject));
  for (let sent = 0; sent < SIZE; sent += piece.length) {
    if (!request.write(piece)) await new Promise((resolve) => request.once('drain', resolve));
  }
  request.end();
  let text = '';
  for await (const chunk of await answer) text += chunk;
  return JSON.parse(text);
}

describe('streaming', () => {
  test.each([
    ['with a length', { 'content-length': String(SIZE) }, {}, String(SIZE)],
    ['chunked: it gets its length', { 'transfer-encoding': 'chunked' }, {}, String(SIZE)],
    ['chunked and request_buffering false: it streams', { 'transfer-encoding': 'chunked' }, { request_buffering: false }, null],
  ] as const)(
    'a 1 GiB upload %s',
    async (_what, headers, route, length) => {
      const gateway = await gatewayTo(await service(counting), route);
      const before = gateway.memory().now;
      expect(await upload(gateway, headers)).toEqual({ bytes: SIZE, length });
      expect(gateway.memory().peak - before).toBeLessThan(ADDED_MAX);
    },
    120_000,
  );

  test('a 1 GiB download', async () => {
    const port = await service(async (request, response) => {
      if (request.url === '/warm') return void response.end();
      for (let sent = 0; sent < SIZE; sent += piece.length) {
        if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve));
      }
      response.end();
    });
    const gateway = await gatewayTo(port);
    const before = gateway.memory().now;
    const answer = await fetch(`${gateway.url}/down`);
    let bytes = 0;
    for await (const chunk of answer.body!) bytes += chunk.length;
    expect(bytes).toBe(SIZE);
    expect(gateway.memory().peak - before).toBeLessThan(ADDED_MAX);
  }, 120_000);

  test('a client that does not read stops the service from sending', async () => {
    let written = 0;
    let blocked: () => void = () => {};
    const stuck = new Promise<void>((resolve) => {
      blocked = resolve;
    });
    const port = await service((request, response) => {
      if (request.url === '/warm') return void response.end();
      const pump = (): void => {
        for (;;) {
          written += piece.length;
          if (!response.write(piece)) break;
        }
        const timer = setTimeout(blocked, 1500);
        response.once('drain', () => {
          clearTimeout(timer);
          pump();
        });
      };
      pump();
    });
    const gateway = await gatewayTo(port);
    const client = net.connect(gateway.port, '127.0.0.1');
    open.push(() => client.destroy());
    client.pause();
    client.write('GET /down HTTP/1.1\r\nHost: a\r\n\r\n');
    await stuck;
    expect(written).toBeLessThan(64 * MIB);
  }, 30_000);

  test('a client that leaves cancels the request at the service', async () => {
    let seen: () => void = () => {};
    let cancelled: () => void = () => {};
    const arrived = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const closed = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    const port = await service((request, response) => {
      if (request.url === '/warm') return void response.end();
      seen();
      response.once('close', cancelled);
    });
    const gateway = await gatewayTo(port);
    const client = net.connect(gateway.port, '127.0.0.1');
    client.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await arrived;
    client.destroy();
    await closed;
  }, 30_000);
});
