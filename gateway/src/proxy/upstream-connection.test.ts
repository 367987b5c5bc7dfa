import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { UpstreamConnection, type UpstreamSink } from './upstream-connection.js';
import type { UpstreamError } from './upstream-error.js';

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
      crashed: reject,
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

describe('what ends', () => {
  test('leaves no timer', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    try {
      const { port } = server.address() as AddressInfo;
      const connection = new UpstreamConnection({ key: 'k', ip: '127.0.0.1', port, tls: null }, () => undefined);
      await ask(connection, () => undefined);
      expect(jest.getTimerCount()).toBe(1);
      connection.cancel();
      await once(connection.socket, 'close');
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test('with some of its request unsent is not used again', async () => {
    const stuck = net.createServer((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n');
      });
      socket.on('error', () => socket.destroy());
    });
    stuck.listen(0, '127.0.0.1');
    await once(stuck, 'listening');
    const { port } = stuck.address() as AddressInfo;
    const freed: boolean[] = [];
    const connection = new UpstreamConnection({ key: 'k', ip: '127.0.0.1', port, tls: null }, (_, reusable) => freed.push(reusable));
    await new Promise((resolve, reject) => {
      const ignore = (): undefined => undefined;
      const sink: UpstreamSink = {
        ...{ ready: ignore, drain: ignore, passOn: ignore, head: ignore, data: ignore },
        end: () => resolve(null),
        error: reject,
        crashed: reject,
      };
      connection.request(sink, 'POST / HTTP/1.1\r\nhost: x\r\n\r\n', Buffer.alloc(16 * 1024 * 1024), false, false, timeouts);
    });
    expect(freed[0]).toBe(false);
    stuck.close();
  });
});

test('a fault of ours is told once, and nothing else', async () => {
  const { port } = server.address() as AddressInfo;
  const connection = new UpstreamConnection({ key: 'k', ip: '127.0.0.1', port, tls: null }, () => undefined);
  const told: unknown[] = [];
  const ignore = (): undefined => undefined;
  const sink: UpstreamSink = {
    ...{ ready: ignore, drain: ignore, passOn: ignore, data: ignore, end: ignore },
    head: () => {
      throw new Error('ours');
    },
    error: (error) => told.push(error),
    crashed: (error) => told.push(error),
  };
  connection.request(sink, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n', null, false, false, timeouts);
  await once(connection.socket, 'close');
  expect(told).toEqual([new Error('ours')]);
});
