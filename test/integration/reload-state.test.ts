/** What the gateway has learnt outlives a reload of its file: who is ill, which breaker is open, how much was counted. */
import fs from 'node:fs';
import http from 'node:http';
import type net from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { GatewayProcess } from '../support/gateway-process.js';
import { eventually } from '../support/redis.js';

const open: (() => unknown)[] = [];
let asked = 0;
let port: number;

beforeEach(async () => {
  asked = 0;
  const server = http.createServer((_request, response) => {
    asked++;
    response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => server.close().closeAllConnections());
  port = (server.address() as net.AddressInfo).port;
});

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const passive = { unhealthy: { http_failures: 2, http_statuses: [500] } };
const breaker = { name: 'circuit-breaker', config: { system: 'gongbu', consecutive_failures: 2, reset_ms: 600_000 } };

/** @param version of what changes; the three services stay */
const configuration = (version: number): string =>
  JSON.stringify({
    _format_version: '3.0',
    upstreams: [{ name: 'ill', targets: [{ target: `127.0.0.1:${port}` }], healthchecks: { passive } }],
    services: [
      { name: 'passive', host: 'ill', routes: [{ name: 'passive', paths: ['/passive'] }] },
      {
        name: 'broken',
        url: `http://127.0.0.1:${port}`,
        routes: [{ name: 'broken', paths: ['/broken'], tags: ['system-gongbu'], plugins: [breaker] }],
      },
      {
        name: 'counted',
        url: `http://127.0.0.1:${port}`,
        routes: [{ name: 'counted', paths: ['/counted'], plugins: [{ name: 'rate-limiting', config: { year: 2, limit_by: 'ip' } }] }],
      },
    ],
    plugins: [{ name: 'response-transformer', config: { add: { headers: [`X-Version:${version}`] } } }],
  });

async function reload(gateway: GatewayProcess, version: number): Promise<void> {
  fs.writeFileSync(gateway.configFile, configuration(version));
  gateway.child.kill('SIGHUP');
  await eventually('the new file is in use', async () => {
    const answer = await fetch(`${gateway.url}/counted`);
    return answer.headers.get('x-version') === String(version);
  });
}

test('health, breakers and counters of what did not change survive', async () => {
  const gateway = await GatewayProcess.start(configuration(0));
  open.push(() => gateway.stop('SIGKILL'));
  const statuses = async (path: string): Promise<number[]> => {
    const out: number[] = [];
    for (let i = 0; i < 3; i++) out.push((await fetch(gateway.url + path)).status);
    return out;
  };
  expect(await statuses('/passive')).toEqual([500, 500, 503]);
  expect(await statuses('/broken')).toEqual([500, 500, 503]);
  expect(await statuses('/counted')).toEqual([500, 500, 429]);
  const before = asked;
  for (const version of [1, 2, 3]) {
    await reload(gateway, version);
    expect(await statuses('/passive')).toEqual([503, 503, 503]);
    expect(await statuses('/broken')).toEqual([503, 503, 503]);
    expect(await statuses('/counted')).toEqual([429, 429, 429]);
  }
  expect(asked).toBe(before);
});
