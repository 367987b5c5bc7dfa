/**
 * A long denial flood leaves the plugin server's memory as it is: 2 000 000 denied requests on a lane (GATEHOUSE_SOAK; a tenth of them
 * else) after a warm-up. Needs KONG_BIN and `wrk`; `make test-kong` runs it.
 */
import fs from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runWrk } from '../../../bench/src/wrk.js';
import { configure, fusedPlugin, guarded, oneRoute } from '../support/config.js';
import { RealKong } from '../support/real-kong.js';

const CONNECTIONS = 50;
const REQUESTS = process.env['GATEHOUSE_SOAK'] ? 2_000_000 : 200_000;
const SECONDS = 5;
const WARM_UP = 100_000;
const ALLOWED_MIB = 10;
const LANES = ['gatehouse-direct', 'gatehouse'] as const;
/** Nobody listens there: nothing is to come so far. */
const NO_SERVICE = 9;
const TEST_MS = 3_600_000;

let kong: RealKong;

beforeAll(async () => {
  // A small heap: what would collect in it shows sooner.
  kong = await RealKong.start({}, '--max-old-space-size=64');
  const policies = [
    { name: 'sanitize', config: {} },
    { name: 'permissions', config: { rules: [{ allow: [{ authenticated: true }] }] } },
  ];
  const routes = LANES.map((lane) => oneRoute(lane, { plugins: [fusedPlugin('gongbu', policies, lane)] }));
  await configure(kong.place, guarded(NO_SERVICE, routes));
}, 60_000);
afterAll(() => kong?.[Symbol.asyncDispose](), 60_000);

/** Resident memory in MiB. */
function resident(pid: number): number {
  const kibibytes = /VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kibibytes) / 1024;
}

/** Has at least so many requests denied. @returns how many it were */
async function deny(lane: string, requests: number): Promise<number> {
  const exam = { path: `/${lane}`, headers: {}, status: 401, body: '' };
  const port = Number(new URL(kong.place.url).port);
  let denied = 0;
  while (denied < requests) denied += (await runWrk({ port, exam, connections: CONNECTIONS, seconds: SECONDS })).requests;
  return denied;
}

test.each(LANES)(
  `${REQUESTS} denied requests: %s`,
  async (lane) => {
    const [pid] = await kong.serversReady();
    await deny(lane, WARM_UP);
    const before = resident(pid);
    const points = [before];
    let denied = 0;
    while (denied < REQUESTS) {
      denied += await deny(lane, REQUESTS / 10);
      points.push(resident(pid));
    }
    console.info(`${lane}: ${denied} denied; MiB after each tenth: ${points.map((mib) => mib.toFixed(1)).join(' ')}`);
    expect((await kong.serversReady())[0]).toBe(pid);
    expect(points.at(-1)! - before).toBeLessThanOrEqual(ALLOWED_MIB);
  },
  TEST_MS,
);
