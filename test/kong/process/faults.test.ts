/**
 * What must hold on a real Kong when things break: 50 connections for 10 s, all requests to be denied, and none may reach the service.
 * Needs KONG_BIN; `make test-kong` runs it and prints the table.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { configure, fusedPlugin, guarded, oneRoute } from '../support/config.js';
import { Flood } from '../support/flood.js';
import { RealKong } from '../support/real-kong.js';

const CONNECTIONS = 50;
const LOAD_MS = 10_000;
const BEFORE_MS = 2000;
const TEST_MS = 90_000;
const RELOAD = 'reload (HUP)';
const lanes = ['direct', 'pdk', 'single'] as const;
type Lane = (typeof lanes)[number];

const command = path.resolve(import.meta.dirname, '../../../bin/gatehouse');
const closed = { name: 'permissions', config: { rules: [{ allow: [{ authenticated: true }] }] } };
const open = { name: 'permissions', config: { rules: [{ allow: [{ public: true }] }] } };
const sanitize = { name: 'sanitize', config: {} };
/** Reached, by path. */
const arrived: Record<string, number> = {};
const rows: object[] = [];
let service: http.Server;
let kong: RealKong;
let servers: [number, number];

function pluginsOf(lane: Lane, policies: readonly { name: string; config: object }[]): object[] {
  if (lane === 'single') return [...policies];
  return [fusedPlugin('gongbu', policies, lane === 'pdk' ? 'gatehouse' : 'gatehouse-direct')];
}

beforeAll(async () => {
  service = http.createServer((request, response) => {
    arrived[request.url ?? ''] = (arrived[request.url ?? ''] ?? 0) + 1;
    response.end('from the service');
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  kong = await RealKong.start({}, '--max-old-space-size=96');
  const routes = lanes.flatMap((lane) => [
    oneRoute(`closed-${lane}`, { plugins: pluginsOf(lane, [sanitize, closed]) }),
    oneRoute(`open-${lane}`, { plugins: pluginsOf(lane, [open]) }),
  ]);
  await configure(kong.place, guarded((service.address() as net.AddressInfo).port, routes));
}, TEST_MS);
afterAll(async () => {
  await kong?.[Symbol.asyncDispose]();
  service.close();
  console.table(rows);
}, TEST_MS);
beforeEach(async () => {
  servers = await kong.serversReady();
}, TEST_MS);
// Every fault is followed by a Kong that works again.
afterEach(async () => {
  servers = await kong.serversReady();
  kong.fault(servers, 'none');
}, TEST_MS);

const at = (path: string): URL => new URL(path, kong.place.url);
const status = (path: string): Promise<number> => fetch(at(path)).then((answer) => answer.status);

interface Result {
  readonly statuses: Readonly<Record<string, number>>;
  readonly leaks: number;
}

/** Floods the closed route of a lane while `breaking` goes on, and the open one a little. */
async function flood(lane: Lane, name: string, breaking: () => Promise<void>): Promise<Result> {
  expect([await status(`/closed-${lane}`), await status(`/open-${lane}`)]).toEqual([401, 200]);
  const before = arrived[`/closed-${lane}`] ?? 0;
  const load = new Flood(at(`/closed-${lane}`), CONNECTIONS);
  const beside = new Flood(at(`/open-${lane}`), 2);
  await sleep(BEFORE_MS);
  await breaking();
  await sleep(LOAD_MS - BEFORE_MS);
  await Promise.all([load.stop(), beside.stop()]);
  const leaks = (arrived[`/closed-${lane}`] ?? 0) - before;
  const counts = Object.entries(load.statuses).map(([code, count]) => `${code}: ${count}`);
  rows.push({ lane, event: name, answers: counts.join(', '), broken: load.broken, 'slowest ms': Math.round(load.slowest), leaks });
  return { statuses: load.statuses, leaks };
}

/** Nothing reached the service, and it is denied again. */
async function holds(lane: Lane, { statuses, leaks }: Result): Promise<void> {
  expect(leaks).toBe(0);
  expect(Object.keys(statuses).filter((code) => !['401', '500', '503'].includes(code))).toEqual([]);
  expect(statuses['401']).toBeGreaterThan(0);
  await kong.serversReady();
  for (let waited = 0; waited < 15_000 && (await status(`/closed-${lane}`)) !== 401; waited += 200) await sleep(200);
  expect([await status(`/closed-${lane}`), await status(`/open-${lane}`)]).toEqual([401, 200]);
}

/** Listens on a socket's path in place of whoever did, and answers everything with bytes that mean nothing. */
async function garbage(socket: string): Promise<net.Server> {
  const server = net.createServer((peer) => {
    peer.on('error', () => undefined).on('data', () => peer.write('\x94\x01garbage 99999 {"p":]\n\0p\n'));
  });
  const beside = `${socket}.garbage`;
  await new Promise<void>((resolve) => server.listen(beside, resolve));
  fs.renameSync(beside, socket);
  return server;
}

const both = (signal: NodeJS.Signals) => async (): Promise<void> => servers.forEach((pid) => void process.kill(pid, signal));
const first = (signal: NodeJS.Signals) => async (): Promise<void> => void process.kill(servers[0], signal);
const faulty = (name: 'throw' | 'hang' | 'memory') => async (): Promise<void> => {
  kong.fault(servers, name);
  await sleep(5000);
  if (name !== 'memory') kong.fault(servers, 'none');
};

const events: Record<string, () => Promise<void>> = {
  'kill -9 of both servers': both('SIGKILL'),
  'SIGTERM of both servers': both('SIGTERM'),
  'handlers throw': faulty('throw'),
  'handlers hang': faulty('hang'),
  'out of memory': faulty('memory'),
  'SIGSTOP of both servers': async () => {
    await both('SIGSTOP')();
    await sleep(5000);
    await both('SIGCONT')();
  },
  'sockets removed': async () => {
    for (const name of ['gatehouse', 'gatehouse-1', 'gatehouse-2'] as const) fs.rmSync(kong.socket(name));
    await sleep(2000);
    // The servers are told to go when nobody can reach them: Kong starts others.
    await both('SIGTERM')();
  },
  'garbage in place of answers': async () => {
    const fakes = await Promise.all((['gatehouse', 'gatehouse-1', 'gatehouse-2'] as const).map((name) => garbage(kong.socket(name))));
    await both('SIGKILL')();
    await sleep(3000);
    for (const fake of fakes) fake.close();
  },
  'a worker of Kong killed': async () => {
    for (const pid of kong.workers()) process.kill(pid, 'SIGKILL');
  },
  [RELOAD]: async () => void process.kill(kong.place.pid, 'SIGHUP'),
};

describe.each(lanes)('%s: nothing gets through', (lane) => {
  test.each(Object.entries(events))(
    '%s',
    async (name, breaking) => {
      const found = await flood(lane, name, breaking);
      await holds(lane, found);
      // What broke nothing shows nothing.
      const failed = (found.statuses['503'] ?? 0) + (found.statuses['500'] ?? 0);
      if (name !== RELOAD) expect(failed).toBeGreaterThan(0);
    },
    TEST_MS,
  );

  test(
    'a server that comes back hears first of another route',
    async () => {
      const found = await flood(lane, 'respawn, other plugins first', async () => {
        await both('SIGKILL')();
        const other = new Flood(at(`/open-${lane === 'pdk' ? 'single' : 'pdk'}`), 10);
        await sleep(3000);
        await other.stop();
      });
      await holds(lane, found);
    },
    TEST_MS,
  );
});

describe('direct, two servers: no request is lost', () => {
  const only401 = async (name: string, breaking: () => Promise<void>): Promise<void> => {
    const { statuses, leaks } = await flood('direct', name, breaking);
    expect([Object.keys(statuses), leaks]).toEqual([['401'], 0]);
  };

  test('kill -9 of one', () => only401('kill -9 of one server', first('SIGKILL')), TEST_MS);
  test('SIGTERM of one', () => only401('SIGTERM of one server', first('SIGTERM')), TEST_MS);
  test(
    'another process takes over the socket',
    async () => {
      let next: ChildProcess | undefined;
      await only401('hand-over', async () => {
        const env = { ...process.env, KONG_PREFIX: kong.place.prefix };
        next = spawn(command, ['plugin-server', '--direct', kong.socket('gatehouse-1')], { env, stdio: ['ignore', 'ignore', 'pipe'] });
        await new Promise((resolve) => next?.stderr?.once('data', resolve));
        await first('SIGTERM')();
      });
      next?.kill('SIGTERM');
    },
    TEST_MS,
  );
});
