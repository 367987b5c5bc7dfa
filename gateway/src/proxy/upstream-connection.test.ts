import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { UpstreamConnection, type UpstreamError, type UpstreamSink } from './upstream-connection.js';

let server: net.Server;
const timeouts = { connect: 5000, send: 5000, read: 5000 };

// Answers every request with five bytes, in one piece with its head.
beforeAll(async () => {
  server = net.createServer((socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'));
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
});

function ask(connection: UpstreamConnection, onData: () => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let body = '';
    const sink: UpstreamSink = {
      ready: () => undefined,
      drain: () => undefined,
      passOn: () => undefined,
      head: () => undefined,
      data: (chunk) => {
        body += chunk.toString();
        onData();
      },
      end: () => resolve(body),
      error: (error: UpstreamError) => reject(error),
    };
    connection.request(sink, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n', null, false, false, timeouts);
  });
}

test('a client that stops at the last piece does not stop whoever uses the connection next', async () => {
  const { port } = server.address() as AddressInfo;
  const freed: boolean[] = [];
  const connection = new UpstreamConnection({ key: 'k', ip: '127.0.0.1', port, tls: null }, (_, reusable) => freed.push(reusable));
  expect(await ask(connection, () => connection.pause())).toBe('hello');
  expect(await ask(connection, () => undefined)).toBe('hello');
  expect(freed).toEqual([true, true]);
  connection.cancel();
});
