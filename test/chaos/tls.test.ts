/** Clients of the TLS port that stall, talk nonsense or ask for handshakes without end. */
import net from 'node:net';
import tls from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { freePort } from '../support/gateway-process.js';
import { opened } from './support/open.js';
import { type Plane, until } from './support/plane.js';
import { okay, type StrictService } from './support/strict-service.js';

const open = opened();
const TOGETHER = 10;

async function start(service: StrictService): Promise<{ plane: Plane; tlsPort: number }> {
  const tlsPort = await freePort();
  const plane = await open.plane(service, { environment: { GATEWAY_HEAD_TIMEOUT_MS: '300' }, extra: ['--tls-port', String(tlsPort)] });
  return { plane, tlsPort };
}

function secure(port: number, more: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...more }, () => resolve(socket));
    socket.on('error', reject);
  });
}

function answerOf(socket: tls.TLSSocket): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (data) => {
      text += data.toString('latin1');
    });
    socket.on('close', () => resolve(text));
    socket.on('error', () => resolve(text));
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  });
}

describe('a handshake', () => {
  // The first bytes of a ClientHello that never goes on.
  const hello = Buffer.from('160301020001000001fc0303', 'hex');
  test.each([
    ['that never begins', Buffer.alloc(0)],
    ['that never goes on', hello],
    ['that is plain HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')],
    ['that is noise', Buffer.alloc(5000, 0xaa)],
  ])(
    '%s is given up, and nothing of it stays',
    async (_what, bytes) => {
      const { plane, tlsPort } = await start(await open.service());
      const before = plane.sockets();
      const sockets = Array.from({ length: TOGETHER }, () =>
        net.connect(tlsPort, '127.0.0.1', function (this: net.Socket) {
          this.write(bytes);
        }),
      );
      await Promise.all(
        sockets.map(
          (socket) =>
            new Promise((resolve) =>
              socket
                .on('close', resolve)
                .on('error', () => socket.destroy())
                .resume(),
            ),
        ),
      );
      await until('no more sockets', () => plane.sockets() <= before + 1);
      expect(await answerOf(await secure(tlsPort))).toContain('200 OK');
    },
    20_000,
  );

  test('that is broken off leaves nothing', async () => {
    const { plane, tlsPort } = await start(await open.service());
    const before = plane.sockets();
    const sockets = Array.from({ length: TOGETHER }, () =>
      tls.connect({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => undefined),
    );
    for (const [i, socket] of sockets.entries()) socket.once(i % 2 === 0 ? 'connect' : 'secureConnect', () => socket.destroy());
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve))));
    await plane.quiet();
    await until('no more sockets', () => plane.sockets() <= before + 1);
  }, 20_000);

  test('that is asked for again and again ends the connection, not the process', async () => {
    const { plane, tlsPort } = await start(await open.service());
    const socket = await secure(tlsPort, { maxVersion: 'TLSv1.2' });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    const again = (): void => {
      if (!socket.destroyed) socket.renegotiate({ rejectUnauthorized: false }, (error) => (error ? socket.destroy() : again()));
    };
    again();
    await closed;
    await plane.quiet();
    expect(await answerOf(await secure(tlsPort))).toContain('200 OK');
  }, 20_000);
});

test('a drain lets a large answer over TLS end', async () => {
  const body = 'x'.repeat(5_000_000);
  const service = await open.service({ answer: () => okay(body) });
  const { plane, tlsPort } = await start(service);
  const socket = await secure(tlsPort);
  socket.pause();
  const text = answerOf(socket);
  socket.pause();
  await until('the service is asked', () => service.seen.length === 1);
  const ended = plane.gateway.stop('SIGTERM');
  await until('draining', () =>
    open.client(plane.port).then(
      () => false,
      () => true,
    ),
  );
  socket.resume();
  expect((await text).length).toBeGreaterThan(body.length);
  expect(await ended).toBe(0);
}, 20_000);
