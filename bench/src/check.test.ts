import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { check, serviceConnections } from './check.js';
import type { Exam } from './types.js';

const exam: Exam = { path: '/a?b=c', headers: { 'X-Key': 'k' }, status: 200, body: 'right' };
let server: Server | undefined;

async function serve(listener: RequestListener): Promise<number> {
  const fresh = createServer(listener);
  server = fresh;
  await new Promise<void>((resolve) => fresh.listen(0, '127.0.0.1', resolve));
  return (fresh.address() as AddressInfo).port;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

describe('check', () => {
  test('passes what answers rightly on an open connection', async () => {
    const port = await serve((request, response) =>
      response.end(request.url === '/a?b=c' && request.headers['x-key'] === 'k' ? 'right' : 'wrong'),
    );
    await expect(check(port, exam)).resolves.toBeUndefined();
  });

  test.each<[string, RequestListener, RegExp]>([
    ['another status', (_request, response) => response.writeHead(502).end('right'), /502 instead of 200/],
    ['another body', (_request, response) => response.end('rightly'), /another body/],
    ['a closed connection', (_request, response) => response.setHeader('Connection', 'close').end('right'), /closed the connection/],
  ])('refuses %s', async (_what, listener, message) => {
    await expect(check(await serve(listener), exam)).rejects.toThrow(message);
  });
});

describe('check of what must be refused', () => {
  const refusals = [{ who: 'a stranger', headers: {}, status: 401 }];

  test('passes who refuses it', async () => {
    const port = await serve((request, response) => response.writeHead(request.headers['x-key'] === undefined ? 401 : 200).end('right'));
    await expect(check(port, { ...exam, refusals })).resolves.toBeUndefined();
  });

  test('refuses who lets everybody in', async () => {
    const port = await serve((_request, response) => response.end('right'));
    await expect(check(port, { ...exam, refusals })).rejects.toThrow('answered a stranger with 200 instead of 401');
  });
});

test('a turning header turns', async () => {
  const seen: unknown[] = [];
  const port = await serve((request, response) => {
    seen.push([request.headers['x-key'], request.headers['x-turn']]);
    response.end('right');
  });
  await check(port, { ...exam, cycle: { header: 'X-Turn', values: ['a', 'b', 'c'] } });
  expect(seen).toEqual(['a', 'b', 'c', 'a'].map((turn) => ['k', turn]));
});

describe('serviceConnections', () => {
  test('reads the serial number', async () => {
    await expect(
      serviceConnections(await serve((_request, response) => response.setHeader('X-Connection', '17').end()), exam),
    ).resolves.toBe(17);
  });

  test('refuses a service that does not count', async () => {
    const port = await serve((_request, response) => response.end());
    await expect(serviceConnections(port, exam)).rejects.toThrow(/connection number/);
  });
});
