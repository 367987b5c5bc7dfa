/** Clients that leave, at every stage: nothing of them stays behind, no file, no socket, no request in flight. */
import { describe, expect, test } from '@jest/globals';
import { opened } from './support/open.js';
import { until } from './support/plane.js';
import { okay } from './support/strict-service.js';

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
