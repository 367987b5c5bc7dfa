/** A flood of refused requests leaves the plugin server's memory as it was, on both lanes. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Servers } from '../support/kong-plane/form.js';
import { askedFor, DirectClient, PdkClient } from '../support/kong-plane/lane-client.js';

const REQUESTS = process.env['GATEHOUSE_SOAK'] ? 2_000_000 : 100_000;
/** Enough to fill every bounded memory. */
const WARM_UP = 40_000;
const GROWTH_MAX = 10 * 1024 * 1024;
const AT_ONCE = 200;
const probe = path.resolve(import.meta.dirname, '../support/kong-plane/live-memory.mjs');
const TIME_MS = 1_800_000;
const refusing = [
  { name: 'sanitize', config: {} },
  { name: 'permissions', config: { rules: [{ allow: [{ authenticated: true }] }] } },
];

type Refuse = (n: number) => Promise<boolean>;

async function pdkLane(prefix: string): Promise<Refuse & Disposable> {
  const client = await PdkClient.connect(path.join(prefix, 'gatehouse.sock'));
  const { id, needs } = await client.instance(refusing);
  const refuse = async (n: number): Promise<boolean> => {
    await client.call('HandleEvent', { InstanceId: id, EventName: 'access' });
    // Kong ends the request inside this call's answer: no step follows.
    return askedFor(await client.call('Step', client.facts(id, needs, `/${n}`))).startsWith('{"status":401');
  };
  return Object.assign(refuse, { [Symbol.dispose]: () => client[Symbol.dispose]() });
}

async function directLane(prefix: string): Promise<Refuse & Disposable> {
  const client = await DirectClient.connect(path.join(prefix, 'gatehouse-1.sock'));
  const needs = await client.define('d', refusing);
  const refuse = async (n: number): Promise<boolean> => (await client.ask(client.question('d', needs, `/${n}`))).includes('{"status":401');
  return Object.assign(refuse, { [Symbol.dispose]: () => client[Symbol.dispose]() });
}

/** Bytes that a server has in use once its garbage is collected. */
async function liveMemory({ all, prefix }: Servers): Promise<number> {
  const file = path.join(prefix, 'live');
  fs.rmSync(file, { force: true });
  all[0]!.kill('SIGUSR2');
  for (;;) {
    const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
    if (text.endsWith('\n')) return Number(text);
    await wait(20);
  }
}

describe.each([
  ['pdk', pdkLane],
  ['direct', directLane],
] as const)('%s lane', (_, connect) => {
  test(
    `${REQUESTS} refusals`,
    async () => {
      await using servers = await Servers.start(1, { node: [`--import=${probe}`] });
      using refuse = await connect(servers.prefix);
      let wrong = 0;
      const flood = async (from: number, count: number): Promise<void> => {
        for (let n = from; n < from + count; n += AT_ONCE) {
          const done = await Promise.all(Array.from({ length: AT_ONCE }, (_one, i) => refuse(n + i)));
          wrong += done.filter((refused) => !refused).length;
        }
      };
      await flood(0, WARM_UP);
      const before = await liveMemory(servers);
      await flood(WARM_UP, REQUESTS);
      expect(Math.abs((await liveMemory(servers)) - before)).toBeLessThan(GROWTH_MAX);
      expect(wrong).toBe(0);
    },
    TIME_MS,
  );
});
