/**
 * Runs an installed Kong with the settings of kong/kong.env and this checkout's plugins, on free ports of the loopback address:
 *
 *     KONG_BIN=/usr/local/bin/kong node test/kong/kong.mjs [--prefix FOLDER] [--recorded] [-- COMMAND…]
 *
 * With COMMAND: runs it with KONG_URL and KONG_ADMIN, and ends with its exit code. Without: one line of JSON says where everything is,
 * and SIGTERM or SIGINT ends it. Other KONG_… variables of the environment win over kong.env. `--recorded` takes those of kong.env back
 * under which the recordings of test/conformance were not made.
 */
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, parseEnv, promisify } from 'node:util';
import { planeSecrets } from '../contract/support/secrets.ts';

const root = path.resolve(import.meta.dirname, '../..');
const run = promisify(execFile);
const READY_MS = 30_000;
const STOP_MS = 15_000;
/** Not settings of Kong. */
const OURS = new Set(['KONG_BIN', 'KONG_URL', 'KONG_ADMIN', 'KONG_FORM', 'KONG_RECORDED']);
/** Settings of ours that a client can see in what Kong itself does. */
const SEEN = [/^KONG_TRUSTED_IPS$/, /^KONG_REAL_IP_/, /^KONG_HEADERS$/, /^KONG_NGINX_HTTP_/, /^KONG_NGINX_PROXY_PROXY_NEXT_UPSTREAM$/];

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** kong.env with the places of the image made those of this machine. */
function imageSettings(prefix, statusPorts) {
  const text = fs
    .readFileSync(path.join(root, 'kong/kong.env'), 'utf8')
    .replaceAll('/usr/local/kong', prefix)
    .replaceAll('/opt/gatehouse', root)
    .replaceAll('/usr/local/bin/node', process.execPath)
    .replaceAll('/proc/1/fd/2', `${prefix}/plugin-server.log`)
    .replace('--status-port 8111', `--status-port ${statusPorts[0]}`)
    .replace('--status-port 8112', `--status-port ${statusPorts[1]}`)
    // parseEnv takes what follows a blank and a `#` for a comment, and quotes for quotes: there are none here.
    .replaceAll('2>', '2>>');
  const { KONG_DECLARATIVE_CONFIG: _, ...settings } = parseEnv(text);
  return settings;
}

/** As kong/entrypoint.sh: nginx hides every variable that is not listed from what it starts. */
function visible(environment) {
  const names = Object.keys(environment).filter((name) => /^[A-Za-z_]\w*$/.test(name) && !name.startsWith('KONG_'));
  return [...names, 'KONG_PREFIX'].join('; env ');
}

function settings(prefix, recorded, [proxy, admin, status, ...statusPorts]) {
  const given = Object.entries(process.env).filter(([name]) => !OURS.has(name));
  const places = {
    KONG_PREFIX: prefix,
    KONG_NGINX_DAEMON: 'on',
    KONG_PROXY_LISTEN: `127.0.0.1:${proxy} reuseport backlog=16384`,
    KONG_ADMIN_LISTEN: `127.0.0.1:${admin}`,
    KONG_STATUS_LISTEN: `127.0.0.1:${status}`,
    // Cases play clients elsewhere by X-Forwarded-For, as a load balancer in front would.
    KONG_TRUSTED_IPS: '127.0.0.0/8',
    KONG_NGINX_WORKER_PROCESSES: '1',
    ...Object.fromEntries(['PROXY', 'ADMIN', 'STATUS'].map((name) => [`KONG_${name}_ERROR_LOG`, 'logs/error.log'])),
  };
  if (process.getuid?.() === 0) places.KONG_NGINX_USER = 'root root';
  const own = { ...imageSettings(prefix, statusPorts), ...places };
  const kept = Object.entries(own).filter(([name]) => !recorded || !SEEN.some((pattern) => pattern.test(name)));
  const all = { ...Object.fromEntries(kept), ...planeSecrets, ...Object.fromEntries(given) };
  return { ...all, KONG_NGINX_MAIN_ENV: visible(all) };
}

async function ready(url) {
  for (let waited = 0; waited < READY_MS; waited += 50) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
    await sleep(50);
  }
  throw new Error(`${url} does not answer`);
}

/** Starts Kong. @returns where it is, and how to end it */
async function start(prefix, recorded) {
  const ports = await freePorts(5);
  fs.mkdirSync(prefix, { recursive: true });
  const env = settings(prefix, recorded, ports);
  await run(process.env.KONG_BIN ?? 'kong', ['start', '-p', prefix], { env }).catch((error) => {
    throw new Error(`Kong did not start: ${error.stderr || error.message}`);
  });
  const pid = Number(fs.readFileSync(path.join(prefix, 'pids/nginx.pid'), 'utf8'));
  const at = (port) => `http://127.0.0.1:${port}`;
  const [proxy, admin, status, first, second] = ports;
  const stop = async () => {
    process.kill(pid, 'SIGTERM');
    for (let waited = 0; fs.existsSync(`/proc/${pid}`) && waited < STOP_MS; waited += 50) await sleep(50);
  };
  const place = { url: at(proxy), admin: at(admin), status: at(status), servers: [at(first), at(second)], prefix, pid };
  try {
    await Promise.all([`${place.admin}/status`, `${place.servers[0]}/health`, `${place.servers[1]}/health`].map(ready));
  } catch (error) {
    await stop();
    throw error;
  }
  return { place, stop };
}

const { values, positionals } = parseArgs({
  options: { prefix: { type: 'string' }, recorded: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const prefix = values.prefix ?? fs.mkdtempSync(path.join(os.tmpdir(), 'gatehouse-kong-'));
const { place, stop } = await start(prefix, values.recorded);
let code = 0;
if (positionals.length > 0) {
  const [command, ...args] = positionals;
  const env = { ...process.env, KONG_URL: place.url, KONG_ADMIN: place.admin, ...(values.recorded ? { KONG_RECORDED: '1' } : {}) };
  code = await new Promise((resolve) => spawn(command, args, { env, stdio: 'inherit' }).once('close', (status) => resolve(status ?? 1)));
} else {
  console.log(JSON.stringify(place));
  // Listeners for signals keep no process alive.
  const alive = setInterval(() => undefined, 2 ** 30);
  await Promise.race(['SIGTERM', 'SIGINT'].map((signal) => new Promise((resolve) => process.once(signal, resolve))));
  clearInterval(alive);
}
await stop();
if (values.prefix === undefined) fs.rmSync(prefix, { recursive: true, force: true });
process.exit(code);
