/** The real plugin server and the real Lua, with no Kong: both lanes, and what must hold when things break. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type DoubleAnswer, type DoubleConfig, type DoublePlugin, KongDouble } from '@gatehouse/testkit';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const command = path.resolve(import.meta.dirname, '../../bin/gatehouse');
const READY_MS = 10_000;
const sanitize = { name: 'sanitize', config: {} };
const allow = (who: string) => ({ name: 'permissions', config: { rules: [{ allow: [{ [who]: true }] }] } });
const lanes = ['gatehouse', 'gatehouse-direct', 'single'] as const;
type Lane = (typeof lanes)[number];

let prefix: string;
let servers: ChildProcess[];
let kong: KongDouble;

async function startServer(number: 1 | 2): Promise<ChildProcess> {
  const direct = `${prefix}/gatehouse-${number}.sock`;
  const pdk = number === 1 ? ['--socket', `${prefix}/gatehouse.sock`] : [];
  const child = spawn(command, ['plugin-server', ...pdk, '--direct', direct], { stdio: ['ignore', 'ignore', 'pipe'] });
  servers.push(child);
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  for (let waited = 0; !text.includes('"ready"'); waited += 20) {
    if (waited > READY_MS || child.exitCode !== null) throw new Error(`the server did not start: ${text}`);
    await wait(20);
  }
  return child;
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

function pluginsOf(list: readonly { name: string; config: object }[], lane: Lane, route: string): DoubleConfig['entities'] {
  if (lane === 'single') {
    return list.map(({ name, config }, i) => ({ name, id: `${route}-${i}`, seq: 1, route, config: config as Record<string, unknown> }));
  }
  return [{ name: lane, id: route, seq: 1, route, config: { system: 'gongbu', policies: JSON.stringify(list) } }];
}

/** Routes /open and /closed of one lane. */
function configure(lane: Lane): DoubleConfig {
  const socket = `${prefix}/gatehouse.sock`;
  const external: DoublePlugin[] = [
    { name: 'gatehouse', socket, priority: 1940 },
    { name: 'sanitize', socket, priority: 1950 },
    { name: 'permissions', socket, priority: 940 },
  ];
  const service = { id: 'service', name: 's', tags: [] };
  const routes = ['open', 'closed', 'bare'].map((name) => ({ id: name, name, path: `/${name}`, tags: ['system-gongbu'], service }));
  const guard = {
    systems: [],
    request_id_header: 'X-Request-Id',
    security_headers: true,
    content_security_policy: 'none',
    hsts_max_age: 1,
  };
  const entities = [
    { name: 'guard', id: 'guard', seq: 1, config: guard },
    ...pluginsOf([sanitize, allow('public')], lane, 'open'),
    ...pluginsOf([sanitize, allow('authenticated')], lane, 'closed'),
  ];
  return { plugins: [{ name: 'guard' }, { name: 'gatehouse-direct' }, ...external], entities, routes };
}

const statuses = (answers: readonly DoubleAnswer[]): number[] => [...new Set(answers.map(({ status }) => status))].sort();
const many = (count: number, url: string): Promise<DoubleAnswer[]> =>
  Promise.all(Array.from({ length: count }, () => kong.request({ url })));

beforeEach(async () => {
  prefix = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-kong-'));
  servers = [];
  await Promise.all([startServer(1), startServer(2)]);
});
afterEach(async () => {
  kong[Symbol.dispose]();
  for (const child of servers) if (child.exitCode === null && child.signalCode === null) await kill(child, 'SIGKILL');
  fs.rmSync(prefix, { recursive: true, force: true });
});

describe.each(lanes)('%s', (lane) => {
  beforeEach(() => {
    kong = KongDouble.start(prefix, configure(lane));
  });

  test('who may pass, passes, with no more calls than promised; who may not gets the form of the system', async () => {
    const passed = await kong.request({ url: '/open/x?a=1', headers: [['X_User-Id', 'evil']] });
    expect([passed.status, String(passed.body)]).toEqual([200, 'from the service']);
    const again = await kong.request({ url: '/open/x' });
    expect(again.calls).toBe({ gatehouse: 2, 'gatehouse-direct': 0, single: 4 }[lane]);
    expect(kong.arrived[0]?.headers.map(([, value]) => value)).not.toContain('evil');
    const denied = await kong.request({ url: '/closed/x' });
    expect([denied.status, JSON.parse(String(denied.body))]).toEqual([
      401,
      expect.objectContaining({ message: 'Token required', path: '/closed/x' }),
    ]);
    expect(denied.headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-request-id': '3'.padStart(32, '0') });
  });

  test('bodies are judged, also those that Kong put into a file', async () => {
    const headers = [['Content-Type', 'application/json']] as const;
    const bad = Buffer.from('{"a":{"$gt":1}}');
    const refused = await kong.request({ method: 'POST', url: '/open', headers, body: bad });
    expect([refused.status, String(refused.body)]).toEqual([400, expect.stringContaining('operator-key')]);
    const bodyFile = path.join(prefix, 'body');
    fs.writeFileSync(bodyFile, bad);
    expect((await kong.request({ method: 'POST', url: '/open', headers, body: bad, bodyFile })).status).toBe(400);
    expect((await kong.request({ method: 'POST', url: '/open', headers, body: Buffer.from('{"a":"\u00e9\u4e2d"}') })).status).toBe(200);
  });

  test('all servers dead: 503, and nothing reaches the service; back again when they are', async () => {
    await kong.request({ url: '/open' });
    for (const child of [...servers]) await kill(child, 'SIGKILL');
    const before = kong.arrived.length;
    const answers = await many(50, '/closed');
    expect(statuses(answers).every((status) => status >= 500)).toBe(true);
    expect(kong.arrived.length).toBe(before);
    expect((await kong.request({ url: '/bare' })).status).toBe(200);
    await startServer(1);
    expect(statuses(await many(20, '/closed'))).toEqual([401]);
    expect(statuses(await many(20, '/open'))).toEqual([200]);
  });
});

describe('two servers, direct lane', () => {
  beforeEach(() => {
    kong = KongDouble.start(prefix, configure('gatehouse-direct'));
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)('one ends by %s: no request is lost', async (signal) => {
    await many(50, '/closed');
    const ended = kill(servers[0] as ChildProcess, signal);
    const answers: DoubleAnswer[] = [];
    for (let i = 0; i < 20; i++) answers.push(...(await many(20, '/closed')));
    await ended;
    answers.push(...(await many(50, '/closed')));
    expect(statuses(answers)).toEqual([401]);
  });

  test('one takes over the socket of another: no request is lost', async () => {
    await many(50, '/closed');
    const [old] = servers;
    await startServer(1);
    const ended = kill(old as ChildProcess, 'SIGTERM');
    const answers = (await Promise.all([many(50, '/closed'), many(50, '/closed')])).flat();
    await ended;
    answers.push(...(await many(50, '/closed')));
    expect(statuses(answers)).toEqual([401]);
  });
});
