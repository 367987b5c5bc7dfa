/**
 * What a protected request costs a real Kong: our policies on both lanes beside Kong's own jwt and rate-limiting, interleaved, as process
 * time over requests. One HS256 token seen before, limiter in memory, 50 connections. Needs KONG_BIN and `wrk`; `make test-kong` runs it.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { signHs256, withTimes } from '@gatehouse/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseStat } from '../../../bench/src/process-times.js';
import { runWrk } from '../../../bench/src/wrk.js';
import { configure, fusedPlugin, guarded, oneRoute } from '../support/config.js';
import { RealKong } from '../support/real-kong.js';

const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 50;
const WARM_UP_SECONDS = 2;
const LIMIT = 10_000_000;
const SECRET = 'a-secret-of-the-cost-comparison-0123456789';
/** Of both processes together, against Kong's own plugins. */
const BARS = { pdk: 1.25, direct: 0.65 };
const routes = ['none', 'native', 'pdk', 'direct'] as const;
type Route = (typeof routes)[number];

interface Cost {
  readonly kong: number;
  readonly node: number;
  readonly perSecond: number;
  readonly p99Ms: number;
}

const BODY = '{"ok":true}';
const SERVICE = `require('node:http').createServer((q, s) => s.end('${BODY}')).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
const service = spawn(process.execPath, ['-e', SERVICE], { stdio: ['ignore', 'pipe', 'inherit'] });
let kong: RealKong;
let pids: { kong: number; node: readonly number[] };

function config(port: number, secretFile: string): object {
  const policies = [
    { name: 'jwt-auth', config: { keys: [{ secret: `file:${secretFile}` }], algorithms: ['HS256'] } },
    { name: 'redis-rate-limit', config: { windows: [{ name: 'm', limit: LIMIT, seconds: 60, by: ['user'] }] } },
  ];
  const native = [
    { name: 'jwt', config: { key_claim_name: 'sub' } },
    { name: 'rate-limiting', config: { minute: LIMIT, policy: 'local', limit_by: 'credential' } },
  ];
  const guard = { name: 'guard', config: { systems: [] } };
  const ours = (lane: 'gatehouse' | 'gatehouse-direct'): object[] => [guard, fusedPlugin('gongbu', policies, lane)];
  const made = [
    oneRoute('none', {}),
    oneRoute('native', { plugins: native }),
    oneRoute('pdk', { plugins: ours('gatehouse') }),
    oneRoute('direct', { plugins: ours('gatehouse-direct') }),
  ];
  const consumers = [{ username: 'u', jwt_secrets: [{ key: 'u1', algorithm: 'HS256', secret: SECRET }] }];
  // The guard stands on our routes alone: Kong's own plugins are measured as Kong ships them.
  return { ...guarded(port, made, { consumers }), plugins: [] };
}

beforeAll(async () => {
  const port = Number(await new Promise<string>((resolve) => readline.createInterface({ input: service.stdout }).once('line', resolve)));
  kong = await RealKong.start();
  const secretFile = path.join(kong.place.prefix, 'secret');
  fs.writeFileSync(secretFile, SECRET, { mode: 0o600 });
  await configure(kong.place, config(port, secretFile));
  pids = { kong: kong.workers()[0] ?? 0, node: await kong.serversReady() };
}, 60_000);
afterAll(async () => {
  await kong?.[Symbol.asyncDispose]();
  service.kill();
}, 60_000);

const seconds = (pid: number): number => parseStat(fs.readFileSync(`/proc/${pid}/stat`, 'utf8')).own;
const nodeSeconds = (): number => pids.node.reduce((sum, pid) => sum + seconds(pid), 0);

async function measure(route: Route, token: string, time: number): Promise<Cost> {
  const before = [seconds(pids.kong), nodeSeconds()] as const;
  const exam = { path: `/${route}`, headers: { Authorization: `Bearer ${token}` }, status: 200, body: BODY };
  const report = await runWrk({ port: Number(new URL(kong.place.url).port), exam, connections: CONNECTIONS, seconds: time });
  const micros = (from: number, to: number): number => ((to - from) * 1e6) / report.requests;
  return {
    kong: micros(before[0], seconds(pids.kong)),
    node: micros(before[1], nodeSeconds()),
    perSecond: report.requests / report.seconds,
    p99Ms: report.p99Ms,
  };
}

const median = (list: readonly number[]): number => [...list].sort((a, b) => a - b)[list.length >> 1] ?? Number.NaN;

test('both lanes keep their bars against native jwt + rate-limiting', async () => {
  const token = signHs256(withTimes({ sub: 'u1', userId: 'u1', type: 'access' }, Date.now(), 3600), SECRET);
  const rounds: Record<Route, Cost>[] = [];
  for (const route of routes) await measure(route, token, WARM_UP_SECONDS);
  for (let round = 0; round < ROUNDS; round++) {
    const costs = {} as Record<Route, Cost>;
    for (const route of routes) costs[route] = await measure(route, token, SECONDS);
    rounds.push(costs);
  }
  const total = (cost: Cost): number => cost.kong + cost.node;
  const ratio = (route: Route): number => median(rounds.map((costs) => total(costs[route]) / total(costs.native)));
  const row = (route: Route): Record<string, number | string> => {
    const of = (value: (cost: Cost) => number): string => median(rounds.map((costs) => value(costs[route]))).toFixed(1);
    return {
      Kong: of((cost) => cost.kong),
      Node: of((cost) => cost.node),
      together: of(total),
      '× native': ratio(route).toFixed(2),
      'requests/s': of((cost) => cost.perSecond),
      'p99 ms': of((cost) => cost.p99Ms),
    };
  };
  console.table(Object.fromEntries(routes.map((route) => [route, row(route)])));
  expect(ratio('pdk')).toBeLessThanOrEqual(BARS.pdk);
  expect(ratio('direct')).toBeLessThanOrEqual(BARS.direct);
}, 200_000);
