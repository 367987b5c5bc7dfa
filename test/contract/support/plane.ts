import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { root } from './cases.js';
import { send } from './client.js';
import { planeSecrets } from './secrets.js';

/** A running data plane with one configuration. */
export interface Plane {
  url: URL;
  /** What it wrote, lines of the access log among it; null where that can't be read. */
  output(): string | null;
  stop(): Promise<void>;
}

const startTimeoutMs = 15_000;
const pollMs = 25;

/** The embedded plane, or the real Kong that KONG_URL and KONG_ADMIN name. */
export function startPlane(configuration: string, variables: Readonly<Record<string, string>>): Promise<Plane> {
  const { KONG_URL, KONG_ADMIN } = process.env;
  return KONG_URL && KONG_ADMIN ? configureKong(KONG_URL, KONG_ADMIN, configuration) : startEmbedded(configuration, variables);
}

async function startEmbedded(configuration: string, variables: Readonly<Record<string, string>>): Promise<Plane> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-contract-'));
  const file = path.join(folder, 'kong.yml');
  fs.writeFileSync(file, configuration);
  const port = await freePort();
  const args = ['gateway', '--config', file, '--port', String(port)];
  const env = { ...process.env, GATEWAY_LOG_LEVEL: 'warn', ...planeSecrets, ...variables };
  const child = spawn(path.join(root, 'bin/gatehouse'), args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const stop = () => stopChild(child).finally(() => fs.rmSync(folder, { recursive: true, force: true }));
  try {
    await waitFor(
      () => isOpen(port),
      () => (child.exitCode === null ? undefined : errors.join('')),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: new URL(`http://127.0.0.1:${port}`), output: () => errors.join(''), stop };
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Loads a DB-less Kong and waits until it serves the new configuration, which a route of this load alone shows. */
async function configureKong(proxy: string, admin: string, configuration: string): Promise<Plane> {
  const nonce = `contract-${process.pid}-${Date.now()}`;
  const sentinel = `- {name: ${nonce}, hosts: [${nonce}], paths: [/], plugins: [{name: request-termination, config: {status_code: 204}}]}`;
  const config = configuration.replace(/^routes:$/m, `routes:\n  ${sentinel}`);
  const form = new URLSearchParams({ config });
  const reply = await fetch(new URL('/config', admin), { method: 'POST', body: form });
  if (!reply.ok) throw new Error(`Kong refused the configuration: ${(await reply.text()).slice(0, 2000)}`);
  const url = new URL(proxy);
  await waitFor(async () => (await send(url, nonce, { method: 'GET', path: '/' })).status === 204);
  return { url, output: () => null, stop: async () => undefined };
}

/** Polls until something holds. `failed` may say why it never will. */
async function waitFor(holds: () => Promise<boolean>, failed: () => string | undefined = () => undefined): Promise<void> {
  for (let waitedMs = 0; waitedMs < startTimeoutMs; waitedMs += pollMs) {
    if (await holds()) return;
    const reason = failed();
    if (reason !== undefined) throw new Error(`the plane ended: ${reason}`);
    await wait(pollMs);
  }
  throw new Error(`the plane is not ready after ${startTimeoutMs} ms`);
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
