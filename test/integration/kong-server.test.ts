/** The plugin server as a process: what Kong asks of it, hostile peers, and its end. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { policies } from '@gatehouse/plugins';
import { queryPlugin } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { freePort } from '../support/gateway-process.js';
import { Servers } from '../support/kong-plane/form.js';
import { command } from '../support/kong-plane/kong-plane.js';
import { askedFor, DirectClient, PdkClient, type Reply } from '../support/kong-plane/lane-client.js';

const refusing = [{ name: 'permissions', config: { rules: [{ allow: [{ authenticated: true }] }] } }];
const statusOf = (reply: Reply): number => Number(/^\{"status":(\d+)/.exec(askedFor(reply))?.[1]);

let servers: Servers;
let port: number;
const pdkPath = (): string => path.join(servers.prefix, 'gatehouse.sock');
const directPath = (): string => path.join(servers.prefix, 'gatehouse-1.sock');

beforeAll(async () => {
  port = await freePort();
  servers = await Servers.start(1, { more: ['--status-port', String(port)] });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

/** A request on each lane is refused as it should be. */
async function works(): Promise<void> {
  using pdk = await PdkClient.connect(pdkPath());
  const { id, needs } = await pdk.instance(refusing);
  expect(statusOf(await pdk.call('Step', pdk.facts(id, needs, '/a')))).toBe(401);
  using direct = await DirectClient.connect(directPath());
  const chain = await direct.define('works', refusing);
  expect(await direct.ask(direct.question('works', chain, '/a'))).toMatch(/^\d+ \{"status":401/);
}

describe('--dump', () => {
  test.each(['gatehouse', 'gatehouse-spare', ...policies.map(({ name }) => name)])('%s', async (name) => {
    const { Name, Version, Priority, Phases, Schema } = await queryPlugin(command, ['plugin-server', '--dump', name]);
    expect([Name, Schema.name, Phases]).toEqual([name, name, ['access']]);
    expect(Version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Number.isInteger(Priority)).toBe(true);
  });

  test('of a plugin that is not served: nothing on stdout, and 1', () => {
    const { status, stdout, stderr } = spawnSync(command, ['plugin-server', '--dump', '../x'], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('there is no plugin');
  });
});

describe('a running server', () => {
  test('says how it is, and what it did, on its own port', async () => {
    await works();
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    expect([health.status, await health.json()]).toEqual([
      200,
      expect.objectContaining({ ready: true, pid: servers.all[0]!.pid, underWay: 0 }),
    ]);
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(metrics).toMatch(/^gatehouse_lane_decisions_total [1-9]/m);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
  });

  test('writes nothing on stdout, and a JSON object per line on stderr', () => {
    const { output, stdout } = servers.all[0]!;
    expect(stdout).toBe('');
    for (const line of output.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), message: expect.any(String) });
  });

  test('gives instances ids that no process before it can have had', async () => {
    await using other = await Servers.start(1);
    using here = await PdkClient.connect(pdkPath());
    using there = await PdkClient.connect(path.join(other.prefix, 'gatehouse.sock'));
    const [one, two] = [await here.instance(refusing), await there.instance(refusing)];
    expect(Math.abs(one.id - two.id)).toBeGreaterThan(100_000);
    const [, , error] = await there.call('HandleEvent', { InstanceId: one.id, EventName: 'access' });
    expect(error).toBe(`no plugin instance ${one.id}`);
  });

  test('survives peers that reset, leave in the middle, or send no frames', async () => {
    const pieces = [
      '\x94\x00',
      '\x94\x00\xce\x00\x00',
      'GET / HTTP/1.1\r\n\r\n',
      '\xc1',
      '\x9f'.repeat(100),
      'f1 9 x',
      'f1 99999999999 x\n',
      '\n\n',
    ];
    const visit = async (socketPath: string, text: string, how: 'destroy' | 'resetAndDestroy'): Promise<void> => {
      const socket = net.connect(socketPath).on('error', () => undefined);
      await once(socket, 'connect');
      await new Promise((resolve) => socket.write(text, 'latin1', resolve));
      if (how === 'destroy') socket.destroy();
      else socket.destroy(new Error('gone'));
    };
    for (let i = 0; i < 10; i++) {
      const visits = pieces.flatMap((text) => [visit(pdkPath(), text, 'destroy'), visit(directPath(), text, 'resetAndDestroy')]);
      await Promise.all(visits);
    }
    await works();
    expect(servers.all[0]!.starts).toBe(1);
  });
});

/** Writes bytes in pieces that arrive apart. */
async function writeCut(socket: net.Socket, bytes: Buffer, cuts: readonly number[]): Promise<void> {
  const places = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
  for (const [i, place] of [0, ...places].entries()) {
    socket.write(bytes.subarray(place, places[i] ?? bytes.length));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('frames, split and joined anywhere', () => {
  const cuts = fc.array(fc.nat(), { maxLength: 6 });

  test('on the PDK lane each message gets its own answer', async () => {
    using client = await PdkClient.connect(pdkPath());
    const { id, needs } = await client.instance(refusing);
    const one = fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(one, cuts, async (paths, where) => {
        const sent = paths.map((text) => client.prepare('Step', client.facts(id, needs, `/${encodeURIComponent(text.toWellFormed())}`)));
        await writeCut(client.socket, Buffer.concat(sent.map(({ bytes }) => bytes)), where);
        const replies = await Promise.all(sent.map(({ reply }) => reply));
        expect(replies.map(statusOf)).toEqual(paths.map(() => 401));
      }),
      { numRuns: 50 },
    );
  });

  test('on the direct lane answers come in order', async () => {
    using client = await DirectClient.connect(directPath());
    const needs = await client.define('cut', refusing);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(10 ** 6), { minLength: 1, maxLength: 6 }), cuts, async (numbers, where) => {
        const answers = numbers.map(() => client.next());
        const text = numbers.map((n) => client.question('cut', needs, `/n${n}`)).join('');
        await writeCut(client.socket, Buffer.from(text, 'latin1'), where);
        const found = (await Promise.all(answers)).map((answer) => /"path":"\/n(\d+)"/.exec(answer)?.[1]);
        expect(found).toEqual(numbers.map(String));
      }),
      { numRuns: 50 },
    );
  });
});

test('SIGTERM: no new connection, what is under way is answered, sockets are gone, and 0', async () => {
  const own = await Servers.start(1, { trouble: true });
  using direct = await DirectClient.connect(path.join(own.prefix, 'gatehouse-1.sock'));
  const needs = await direct.define('slow', [{ name: 'trouble', config: { does: 'hang' } }]);
  own.setTrouble(true);
  // It hangs for its deadline, 100 ms; the server is told to end meanwhile.
  const answer = direct.ask(direct.question('slow', needs, '/a'));
  await direct.ask('!\n').catch(() => undefined);
  const [server] = own.all;
  const ended = server!.ended();
  server!.kill('SIGTERM');
  expect(await answer).toMatch(/"status":503/);
  expect(await ended).toBe(0);
  expect(fs.existsSync(path.join(own.prefix, 'gatehouse-1.sock'))).toBe(false);
  await own[Symbol.asyncDispose]();
});
