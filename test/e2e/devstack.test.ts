import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { call, services } from '@gatehouse/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const root = path.resolve(import.meta.dirname, '../..');
const gatehouse = path.join(root, 'bin/gatehouse');
const testTimeoutMs = 60_000;

const runFolder = mkdtempSync(path.join(tmpdir(), 'devstack-'));
let environment: NodeJS.ProcessEnv;
let proxy = '';
let stack: ChildProcess;
let log = '';

/** Free ports, all held until the last is found, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function logged(pattern: RegExp): Promise<void> {
  const deadline = Date.now() + testTimeoutMs / 2;
  while (!pattern.test(log)) {
    if (Date.now() > deadline || stack.exitCode !== null) throw new Error(`${pattern} did not come:\n${log}`);
    await wait(25);
  }
}

/** A creator's request, with the token that the table shows. */
const courses = () => {
  const token = /gongbu +creator +(\S+)/.exec(log)?.[1];
  return call(`${proxy}/courses`, { headers: { host: 'gongbu.localhost', authorization: `Bearer ${token}` } });
};

beforeAll(async () => {
  const ports = await freePorts(6 + services.reduce((sum, { ports: { length } }) => sum + length, 0));
  const next = (): string => String(ports.pop());
  const mocks = services.map(({ portVariable, ports: wanted }) => [portVariable, wanted.map(next).join(',')]);
  const own = ['PROXY_PORT', 'PROXY_TLS_PORT', 'ADMIN_PORT', 'STATUS_PORT', 'HEALTHPAY_GATEWAY_PORT'].map((name) => [name, next()]);
  const issuer = { INTERVIEW_KEYCLOAK_ISSUER_URL: `http://127.0.0.1:${next()}/realms/test` };
  environment = {
    ...process.env,
    ...Object.fromEntries([...mocks, ...own]),
    ...issuer,
    GATEHOUSE_RUN_DIR: runFolder,
    FORCE_COLOR: '',
    NO_COLOR: '1',
  };
  proxy = `http://127.0.0.1:${environment['PROXY_PORT']}`;
  stack = spawn(gatehouse, ['start'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [stack.stdout, stack.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  await logged(/Gatehouse is up/);
}, testTimeoutMs);
afterAll(() => {
  stack.kill('SIGKILL');
  rmSync(runFolder, { recursive: true });
});

test('shows addresses and tokens, without colours', async () => {
  await logged(/bin\/gatehouse token gongbu creator/);
  expect(log).not.toContain('routes are open');
  expect(log).toContain(`http://gongbu.localhost:${environment['PROXY_PORT']}/courses`);
  expect(log.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g)).toHaveLength(5);
  expect(log.includes('\u001b[')).toBe(false);
});

test(
  'serves the demo of all five systems',
  async () => {
    const demo = spawn(gatehouse, ['demo'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [demo.stdout, demo.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    const [code] = (await once(demo, 'close')) as [number];
    expect(output).toMatch(/\d\d steps passed, 0 failed/);
    expect(code).toBe(0);
  },
  testTimeoutMs,
);

test('nobody passes without a token', async () => {
  expect((await call(`${proxy}/courses`, { headers: { host: 'gongbu.localhost' } })).status).toBe(401);
});

test(
  'starts a crashed part again',
  async () => {
    process.kill(Number(/gateway \(process (\d+)\) ready/.exec(log)?.[1]), 'SIGKILL');
    await logged(/gateway +│ ended by SIGKILL: starting it again in 250 ms[\s\S]*"ready"/);
    expect((await courses()).status).toBe(200);
  },
  testTimeoutMs,
);

test(
  'ends without leaving anything on a port, and lets the request in flight finish',
  async () => {
    const course = `http://127.0.0.1:${environment['MOCK_GONGBU_COURSE_PORT']}`;
    await call(`${course}/__mock/faults`, { method: 'PUT', json: { path: '/courses', delayMs: 1000, times: 1 } });
    const slow = courses();
    while (((await call(`${course}/__mock/faults`)).json as { faults: unknown[] }).faults.length > 0) await wait(20);
    stack.kill('SIGTERM');
    expect((await slow).status).toBe(200);
    const [code] = stack.exitCode === null ? ((await once(stack, 'exit')) as [number]) : [stack.exitCode];
    expect(code).toBe(0);
    await expect(courses()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(call(`${course}/health`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  },
  testTimeoutMs,
);
