/** Several processes as operators meet them: start, reload, a worker that dies, the end. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { oneService } from '../../support/gateway-process.js';
import { service, tally, until, Workers } from './support.js';

const command = path.resolve(import.meta.dirname, '../../../bin/gatehouse');

const versioned = (port: number, version: number, more: object = {}) => ({
  services: [{ name: 's', url: `http://127.0.0.1:${port}`, routes: [{ name: 'r', paths: ['/'] }] }],
  plugins: [
    { name: 'response-transformer', config: { add: { headers: [`X-Version:${version}`] } } },
    { name: 'rate-limiting', config: { hour: 100_000, policy: 'local' } },
  ],
  ...more,
});

const versions = async (workers: Workers): Promise<string[]> => [
  ...new Set((await workers.askTogether(30)).map(({ headers }) => String(headers['x-version']))),
];

const refuses = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
  });

const alive = (pid: number): boolean => {
  try {
    return !/State:\s+Z/.test(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('start', () => {
  const run = (config: string, extra: string[]) => {
    const file = path.join(fs.mkdtempSync('/tmp/gatehouse-test-'), 'kong.yml');
    fs.writeFileSync(file, config);
    const result = spawnSync(command, ['gateway', '--config', file, ...extra], { encoding: 'utf8', timeout: 30_000 });
    fs.rmSync(path.dirname(file), { recursive: true });
    return result;
  };

  test.each([['0'], ['129'], ['many'], ['-1']])('--workers %s: exit code 2', (count) => {
    expect(run('{}', ['--port', '0', '--workers', count]).status).toBe(2);
  });

  test.each([
    [
      'a field',
      '{"_format_version":"3.0","services":[{"name":"s","url":"http://a","retries":"x"}]}',
      'services[0].retries: expected an integer',
    ],
    ['what only a worker finds', '{"_format_version":"3.0","plugins":[{"name":"cors","config":{"origins":["["]}}]}', 'plugins[0].config'],
  ])('a file with a fault in %s: exit code 1, told once', (_what, text, fault) => {
    const { status, stderr } = run(text, ['--port', '0', '--workers', '2']);
    expect([status, stderr.split(fault).length - 1]).toEqual([1, 1]);
  });

  test('a port that somebody has: exit code 1', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as net.AddressInfo;
    const { status, stderr } = run(oneService(1), ['--port', String(port), '--workers', '2']);
    taken.close();
    expect([status, stderr]).toEqual([1, expect.stringContaining(`port ${port} is in use`)]);
  });
});

describe('a reload', () => {
  test('comes to all workers or to none', async () => {
    const port = await service((_request, response) => response.end('ok'));
    const workers = await Workers.start(versioned(port, 1));
    expect(await versions(workers)).toEqual(['1']);
    await workers.reload(versioned(port, 2));
    expect(await versions(workers)).toEqual(['2']);
    for (const bad of ['{', JSON.stringify({ ...versioned(port, 3), _format_version: '3.0', certificates: [{ cert: 'x', key: 'y' }] })]) {
      await workers.reload(bad, 'configuration refused');
      expect(await versions(workers)).toEqual(['2']);
    }
  }, 60_000);

  test('under load: no request fails', async () => {
    const port = await service((_request, response) => response.end('ok'));
    const workers = await Workers.start(versioned(port, 0), 2);
    let busy = true;
    const statuses = new Set<number>();
    const load = Array.from({ length: 4 }, async () => {
      while (busy) statuses.add((await workers.ask()).status);
    });
    for (let i = 1; i <= 10; i++) await workers.reload(versioned(port, i));
    busy = false;
    await Promise.all(load);
    expect([...statuses]).toEqual([200]);
    expect(await versions(workers)).toEqual(['10']);
  }, 60_000);
});

describe('a worker that dies', () => {
  test('is replaced; limits hold, and it has the configuration of the others', async () => {
    const port = await service((_request, response) => response.end('ok'));
    const limited = versioned(port, 2, { plugins: [{ name: 'rate-limiting', config: { hour: 20, policy: 'local' } }] });
    const workers = await Workers.start(versioned(port, 1));
    await workers.reload(limited);
    expect(tally(await workers.askTogether(15))).toEqual({ 200: 15 });
    const [victim] = workers.pids();
    process.kill(victim!, 'SIGKILL');
    await until('noticed', async () => !(await workers.isReady()));
    await until('replaced', () => workers.isReady());
    expect(workers.pids()).toHaveLength(3);
    expect(workers.pids()).not.toContain(victim);
    expect(tally(await workers.askTogether(30))).toEqual({ 200: 5, 429: 25 });
  }, 60_000);

  test('again and again: it takes longer each time until another one begins', async () => {
    const port = await service((_request, response) => response.end('ok'));
    const workers = await Workers.start(versioned(port, 1), 2);
    const delays = (): number[] => [...workers.gateway.log.matchAll(/"delayMs":(\d+)/g)].map(([, ms]) => Number(ms));
    for (let i = 0; i < 3; i++) {
      process.kill(workers.pids()[0]!, 'SIGKILL');
      await until('noticed', () => delays().length === i + 1);
      await until('replaced', () => workers.isReady());
    }
    expect(delays()).toEqual([200, 400, 800]);
    expect((await workers.ask()).status).toBe(200);
  }, 60_000);
});

describe('the end', () => {
  test('SIGTERM lets requests in all workers finish, and leaves no process', async () => {
    const waiting: (() => void)[] = [];
    const port = await service((_request, response) => void waiting.push(() => response.end('done')));
    const workers = await Workers.start({ services: [{ url: `http://127.0.0.1:${port}`, routes: [{ paths: ['/'] }] }] });
    const pids = workers.pids();
    const answers = workers.askTogether(12);
    await until('all are asked', () => waiting.length === 12);
    const ended = workers.gateway.stop('SIGTERM');
    await until('draining', () => workers.gateway.log.includes('draining'));
    await until('the port is closed', () => refuses(workers.port));
    for (const finish of waiting) finish();
    expect((await answers).map(({ body }) => body)).toEqual(Array(12).fill('done'));
    expect(await ended).toBe(0);
    expect(pids.filter(alive)).toEqual([]);
  }, 60_000);

  test('the first process is killed: the workers end by themselves, requests in flight are finished', async () => {
    const waiting: (() => void)[] = [];
    const port = await service((_request, response) => void waiting.push(() => response.end('done')));
    const workers = await Workers.start({ services: [{ url: `http://127.0.0.1:${port}`, routes: [{ paths: ['/'] }] }] }, 2);
    const pids = workers.pids();
    const answers = workers.askTogether(6);
    await until('all are asked', () => waiting.length === 6);
    process.kill(workers.gateway.child.pid!, 'SIGKILL');
    await until('the port is closed', () => refuses(workers.port));
    for (const finish of waiting) finish();
    expect((await answers).map(({ body }) => body)).toEqual(Array(6).fill('done'));
    await until('no process is left', () => pids.every((pid) => !alive(pid)));
  }, 60_000);
});
