/** SIGHUP while clients are busy: each new file takes over between two requests, and nothing of the old one stays. */
import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { INSPECTED, livingBytes } from './support/heap.js';
import { askRepeatedly, requests, type Tally } from './support/load.js';
import { opened } from './support/open.js';
import { type Plane, until } from './support/plane.js';
import { okay, type StrictService } from './support/strict-service.js';

const open = opened();
const MIB = 1024 * 1024;
const RELOADS = process.env['GATEHOUSE_SOAK'] ? 1000 : 100;
const ROUTES = 200;
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

/** Large enough that keeping old ones would show. `version` is in a header of every answer. */
function configuration(port: number, version: number): string {
  const routes = Array.from({ length: ROUTES }, (_, i) => ({
    name: `r${i}`,
    paths: [`/path-${i}/of/some/length`, `~/path-${i}/(?<id>\\d+)$`],
  }));
  return JSON.stringify({
    _format_version: '3.0',
    upstreams: [{ name: 'u', targets: [{ target: `127.0.0.1:${port}` }], healthchecks: { active: { healthy: { interval: 1 } } } }],
    services: [
      { name: 's', host: 'u', routes: [{ name: 'all', paths: ['/'], strip_path: false, request_buffering: version % 2 === 0 }, ...routes] },
    ],
    plugins: [
      { name: 'response-transformer', config: { add: { headers: [`X-Version:${version}`] } } },
      { name: 'request-size-limiting', config: { allowed_payload_size: 10 } },
      { name: 'cors', config: {} },
    ],
  });
}

async function reload(plane: Plane, text: string, word: string): Promise<void> {
  const before = plane.gateway.log.length;
  fs.writeFileSync(plane.gateway.configFile, text);
  plane.gateway.child.kill('SIGHUP');
  await until(word, () => plane.gateway.log.slice(before).includes(word));
}

async function planeBefore(service: StrictService): Promise<Plane> {
  const plane = await open.plane(service, { environment: { GATEWAY_LOG_LEVEL: 'info', ...INSPECTED } });
  await reload(plane, configuration(service.port, 0), 'configuration reloaded');
  return plane;
}

async function versionOf(plane: Plane): Promise<string | null> {
  return (await fetch(plane.gateway.url)).headers.get('x-version');
}

test(`${RELOADS} reloads under load: no request fails, a tunnel goes on, memory stays`, async () => {
  const big = okay('z'.repeat(500_000));
  const service = await open.service({
    answer: ({ target }, socket) => {
      if (target !== '/ws') return target === '/down' ? big : okay('ok');
      socket.removeAllListeners('data');
      socket.on('data', (data) => socket.write(data));
      return SWITCHED;
    },
  });
  const plane = await planeBefore(service);
  const tunnel = await open.client(plane.port);
  tunnel.send('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await tunnel.when(() => tunnel.text.includes('\r\n\r\n'));
  let busy = true;
  const tally: Tally = { done: 0, refused: 0, failed: [] };
  const { get, once, upload, chunked, download } = requests;
  const clients = [get, get, once, upload, chunked, download].map((ask) => askRepeatedly(plane.port, ask, tally, () => busy));
  let before = 0;
  for (let i = 1; i <= RELOADS; i++) {
    await reload(plane, configuration(service.port, i), 'configuration reloaded');
    if (i === RELOADS / 2) before = await livingBytes(plane);
  }
  busy = false;
  await Promise.all(clients);
  expect(tally.failed).toEqual([]);
  expect(tally.refused).toBe(0);
  expect(service.faults).toEqual([]);
  expect(await versionOf(plane)).toBe(String(RELOADS));
  tunnel.send('still here');
  await tunnel.when(() => tunnel.text.endsWith('still here'));
  expect((await livingBytes(plane)) - before).toBeLessThan(4 * MIB);
}, 600_000);

test('a request that began under the old file ends under it', async () => {
  let answer: (() => void) | null = null;
  const service = await open.service({
    answer: ({ target }, socket) => {
      if (target !== '/slow') return okay('ok');
      answer = () => socket.write(okay('slow'));
      return undefined;
    },
  });
  const plane = await planeBefore(service);
  const client = await open.client(plane.port);
  client.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
  await until('the service is asked', () => answer !== null);
  await reload(plane, configuration(service.port, 1), 'configuration reloaded');
  expect(await versionOf(plane)).toBe('1');
  answer!();
  expect((await client.answered())[0]?.headers.get('x-version')).toBe('0');
}, 30_000);

test('bad files change nothing, whatever is bad about them', async () => {
  const service = await open.service();
  const plane = await planeBefore(service);
  const good = configuration(service.port, 0);
  const pair = { cert: 'no certificate', key: 'no key' };
  const bad = [
    '',
    '{',
    '\0',
    good.replace('3.0', '9.9'),
    good.replace('"cors"', '"aws-lambda"'),
    good.replace('(?<id>', '(?<id'),
    good.replace('"host":"u"', '"host":""'),
    JSON.stringify({ ...JSON.parse(good), certificates: [pair] }),
  ];
  const descriptors = plane.descriptors().length;
  for (const text of bad) {
    await reload(plane, text, 'configuration refused');
    expect(await versionOf(plane)).toBe('0');
  }
  fs.rmSync(plane.gateway.configFile);
  const before = plane.gateway.log.length;
  plane.gateway.child.kill('SIGHUP');
  await until('refusal', () => plane.gateway.log.slice(before).includes('configuration refused'));
  expect(await versionOf(plane)).toBe('0');
  await until('no more descriptors', () => plane.descriptors().length <= descriptors + 2);
}, 30_000);

test('signals that come faster than files are read leave the last file in use', async () => {
  const service = await open.service();
  const plane = await planeBefore(service);
  for (let i = 1; i <= 30; i++) {
    fs.writeFileSync(plane.gateway.configFile, configuration(service.port, i));
    plane.gateway.child.kill('SIGHUP');
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until('the last version', async () => (await versionOf(plane)) === '30');
}, 30_000);
