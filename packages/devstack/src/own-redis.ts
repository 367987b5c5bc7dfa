import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PortSetting, Variables } from './settings.js';

/** A Redis that the stack starts for itself. */
export interface OwnRedis extends PortSetting {
  /** Path of the server. */
  readonly program: string;
}

/** What the servers are called, in the order of preference. */
const PROGRAMS = ['redis-server', 'valkey-server'];
/** Names of a Redis that the operator has, of all systems or of one. */
const NAMED = /^(?:[A-Z]+_)?REDIS_(?:URL|HOST)$/;
const MEMORY = '256mb';
/** Lines of a server that failed. */
const TAIL = 20;

/** Whether the operator names a Redis, for one system or all: then the stack has none of its own. */
export const namesRedis = (variables: Variables): boolean => Object.entries(variables).some(([name, value]) => NAMED.test(name) && value);

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The Redis server of this machine: `GATEHOUSE_REDIS_SERVER` (a path; `none`: none at all), else one on PATH; undefined when there is none. */
export function findRedis(variables: Variables): string | undefined {
  const named = variables['GATEHOUSE_REDIS_SERVER'];
  if (named === 'none') return undefined;
  const folders = (variables['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const found = PROGRAMS.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return [...(named ? [named] : []), ...found].find(isProgram);
}

/** A port of this machine that nothing listens on. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** A Redis for a stack that is given none; undefined where one is named, or no server is found. */
export async function chooseRedis(variables: Variables): Promise<OwnRedis | undefined> {
  const program = namesRedis(variables) ? undefined : findRedis(variables);
  return program === undefined ? undefined : { what: 'Redis', variable: 'REDIS_URL', port: await freePort(), program };
}

/** Where it answers. */
export const redisAddress = ({ port }: Pick<OwnRedis, 'port'>): string => `redis://127.0.0.1:${port}`;

function launch({ program, port }: Pick<OwnRedis, 'program' | 'port'>): ChildProcess {
  const nothingOnDisk = ['--save', '', '--appendonly', 'no', '--dir', tmpdir()];
  const bounds = ['--bind', '127.0.0.1', '--maxmemory', MEMORY, '--maxmemory-policy', 'noeviction', '--loglevel', 'warning'];
  return spawn(program, ['--port', String(port), ...bounds, ...nothingOnDisk], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * Runs a Redis until SIGTERM or its own end: on this machine alone, with nothing on disk. Silent unless it fails.
 * @param onSignal gets what ends it
 * @returns its exit code; 1 when it could not be started
 */
export function runRedis(
  server: Pick<OwnRedis, 'program' | 'port'>,
  onSignal: (end: () => void) => void,
  print: (line: string) => void,
): Promise<number> {
  const child = launch(server);
  let tail: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      tail = [...tail, ...chunk.toString().trimEnd().split('\n')].slice(-TAIL);
    });
  }
  onSignal(() => void child.kill('SIGTERM'));
  return new Promise((resolve) => {
    child.once('error', (error) => {
      print(error.message);
      resolve(1);
    });
    child.once('close', (code) => {
      if (code !== 0) for (const line of tail) print(line);
      resolve(code ?? 1);
    });
  });
}
