/** Starts and ends the programs of a scenario, each in a directory of its own, and asks for their versions. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BenchError } from './errors.js';
import { fill, portName } from './placeholders.js';
import type { Contestant, Program, VersionSource } from './types.js';

/** Where things are, all absolute. */
export interface Places {
  readonly root: string;
  /** Ignored by git: what was installed and what programs write. */
  readonly tools: string;
  readonly node: string;
  /** The PATH that programs get. */
  readonly path: string;
}

export interface Running {
  readonly program: Program;
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from its start until its port answered, in steps of 50. */
  readonly startMs: number;
  /** Asks it to end, and makes it end after `patienceMs`. Resolves when it has ended. */
  stop(patienceMs?: number): Promise<void>;
}

export type Values = Readonly<Record<string, string>>;

const startPatienceMs = 30_000;

/** The placeholders that do not depend on a program. */
export function commonValues(places: Places, body: string): Values {
  return {
    ROOT: places.root,
    PEERS: path.join(places.tools, 'peers'),
    PYTHON: path.join(places.tools, 'python'),
    NODE: places.node,
    REDIS_SERVER: path.join(places.tools, 'redis-server'),
    ARCH: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
    BODY: body,
  };
}

/** Whether its `onlyIf` file is there. */
export function isInstalled(contestant: Contestant, values: Values): boolean {
  return contestant.onlyIf === undefined || existsSync(fill(contestant.onlyIf, values));
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Starts a program and waits until its port accepts connections. Rejects with BenchError, quoting what it printed. */
export async function start(program: Program, places: Places, shared: Values): Promise<Running> {
  const port = await freePort();
  const directory = path.join(places.tools, 'run', program.name);
  const values = { ...shared, ...program.values, PORT: String(port), [portName(program.name)]: String(port), DIR: directory };
  writeFiles(program, places, directory, values);
  const log = path.join(directory, 'output.log');
  const child = launch(program, places, directory, values, log);
  const spawnedAt = performance.now();
  const end = (patienceMs = 5000): Promise<void> => stop(child, patienceMs);
  try {
    await accepting(child, port);
  } catch (cause) {
    await end(0);
    throw new BenchError(`${program.title} did not start: ${(cause as Error).message}\n${readFileSync(log, 'utf8').slice(-1500)}`, {
      cause,
    });
  }
  return { program, port, pid: child.pid ?? 0, startMs: Math.round(performance.now() - spawnedAt), stop: end };
}

function writeFiles(program: Program, places: Places, directory: string, values: Values): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const [file, template] of Object.entries(program.files ?? {})) {
    writeFileSync(path.join(directory, file), fill(readFileSync(path.join(places.root, 'bench', template), 'utf8'), values));
  }
}

function launch(program: Program, places: Places, directory: string, values: Values, log: string): ChildProcess {
  const [command = '', ...args] = program.command.map((word) => fill(word, values));
  const env = Object.fromEntries(Object.entries(program.env ?? {}).map(([name, value]) => [name, fill(value, values)]));
  const output = openSync(log, 'w');
  const child = spawn(command, args, { cwd: directory, env: { PATH: places.path, ...env }, stdio: ['ignore', output, output] });
  child.once('error', (error) => writeFileSync(log, `${error.message}\n`));
  closeSync(output);
  return child;
}

const ended = (child: ChildProcess): boolean => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function accepting(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + startPatienceMs;
  while (!(await accepts(port))) {
    if (ended(child)) throw new BenchError(`it ended with ${child.exitCode ?? child.signalCode ?? 'no process'}`);
    if (Date.now() > deadline) throw new BenchError(`port ${port} did not answer within ${startPatienceMs / 1000} s`);
    await sleep(50);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function stop(child: ChildProcess, patienceMs: number): Promise<void> {
  if (ended(child)) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const hurry = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await gone;
  clearTimeout(hurry);
}

/** The version that a program states. Throws BenchError when it states none. */
export function versionOf(source: VersionSource, values: Values): string {
  if ('packageJson' in source) {
    return (JSON.parse(readFileSync(fill(source.packageJson, values), 'utf8')) as { version: string }).version;
  }
  const [command = '', ...args] = source.command.map((word) => fill(word, values));
  const env = Object.fromEntries(Object.entries(source.env ?? {}).map(([name, value]) => [name, fill(value, values)]));
  // Some print it on stderr.
  const text = execFileSync('/bin/sh', ['-c', '"$0" "$@" 2>&1', command, ...args], { encoding: 'utf8', env, timeout: 10_000 });
  const version = new RegExp(source.pattern).exec(text)?.[1];
  if (!version) throw new BenchError(`${command}: no version in "${text.slice(0, 200)}"`);
  return version;
}
