import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type ProbeRequest, probePeer } from './probe.js';

const servers: net.Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    if (server instanceof http.Server) server.closeAllConnections();
  }
});

async function listen(server: net.Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

function request(port: number, given: Partial<ProbeRequest> = {}): ProbeRequest {
  return {
    type: 'http',
    ip: '127.0.0.1',
    port,
    host: 'api.internal',
    sni: 'api.internal',
    verify: true,
    path: '/up',
    headers: null,
    certificate: null,
    timeoutMs: 5000,
    signal: new AbortController().signal,
    ...given,
  };
}

/** A port that refuses: it was free a moment ago. */
async function refusing(): Promise<number> {
  const server = net.createServer();
  const port = await listen(server);
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

describe('probePeer', () => {
  test('tells the status and sends path, Host and headers', async () => {
    const seen: http.IncomingMessage[] = [];
    const port = await listen(
      http.createServer((message, answer) => {
        seen.push(message);
        answer.writeHead(204).end();
      }),
    );
    const outcome = await probePeer(request(port, { headers: { 'X-Probe': ['a', 'b'] } }));
    expect(outcome).toEqual({ kind: 'status', status: 204 });
    expect(seen[0]).toMatchObject({ method: 'GET', url: '/up' });
    expect(seen[0]!.headers).toMatchObject({ host: 'api.internal', 'x-probe': 'a, b', connection: 'close' });
  });

  test('a configured Host stands instead of the target’s', async () => {
    const hosts: (string | undefined)[] = [];
    const port = await listen(http.createServer((message, answer) => answer.end(void hosts.push(message.headers.host))));
    await probePeer(request(port, { headers: { Host: ['other'] } }));
    expect(hosts).toEqual(['other']);
  });

  test('a refused connection is a failure, over each protocol', async () => {
    const port = await refusing();
    for (const type of ['http', 'https', 'tcp'] as const) {
      expect(await probePeer(request(port, { type }))).toEqual({ kind: 'tcp_failure' });
    }
  });

  test('a peer that closes without an answer is a failure', async () => {
    const port = await listen(net.createServer((socket) => socket.end()));
    expect(await probePeer(request(port))).toEqual({ kind: 'tcp_failure' });
  });

  test('a peer that says nothing is a time-out', async () => {
    const port = await listen(net.createServer((socket) => socket.on('error', () => {})));
    expect(await probePeer(request(port, { timeoutMs: 20 }))).toEqual({ kind: 'timeout' });
  });

  test('an answer that is not HTTP has status 0', async () => {
    const port = await listen(net.createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-x\r\n')));
    expect(await probePeer(request(port))).toEqual({ kind: 'status', status: 0 });
  });

  test('tcp connects', async () => {
    const port = await listen(net.createServer((socket) => socket.on('error', () => {})));
    expect(await probePeer(request(port, { type: 'tcp' }))).toEqual({ kind: 'connected' });
  });

  test('TLS to something else fails, and so does a path that cannot be sent', async () => {
    const port = await listen(http.createServer((_, answer) => answer.end()));
    expect(await probePeer(request(port, { type: 'https' }))).toEqual({ kind: 'tcp_failure' });
    expect(await probePeer(request(port, { path: '/a b' }))).toEqual({ kind: 'tcp_failure' });
  });

  test('ends when it is given up', async () => {
    const abort = new AbortController();
    const port = await listen(net.createServer((socket) => socket.on('error', () => {}).on('data', () => abort.abort())));
    expect(await probePeer(request(port, { signal: abort.signal }))).toEqual({ kind: 'tcp_failure' });
  });
});
