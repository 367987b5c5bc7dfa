import { spawn } from 'node:child_process';
import { createConnection, createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Lines } from './lines.js';
import type { PortSetting, Variables } from './settings.js';
import type { Child } from './supervisor.js';

/** Top of the repository. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));
const entry = path.join(root, 'bin/cli.mjs');
const leash = pathToFileURL(path.join(root, 'packages/devstack/dist/leash.js')).href;

/**
 * Starts one command of bin/cli.mjs in a process group of its own, so that Ctrl-C reaches the supervisor alone.
 * @param onLine gets every line that it prints, on either stream.
 */
export function spawnCommand(args: readonly string[], variables: Variables, onLine: (line: string) => void): Child {
  const child = spawn(process.execPath, ['--import', leash, entry, ...args], {
    cwd: root,
    env: { ...variables },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // The pipe to a part that has just died is no fault of its own.
  child.stdin.on('error', () => undefined);
  for (const stream of [child.stdout, child.stderr]) {
    const lines = new Lines(onLine);
    stream.on('data', (chunk: Buffer) => lines.push(chunk));
    stream.on('end', () => lines.end());
  }
  const listeners: ((how: string) => void)[] = [];
  let how: string | undefined;
  const ended = (text: string): void => {
    if (how !== undefined) return;
    how = text;
    for (const listener of listeners) listener(text);
  };
  // What the part had started goes with it, however it went.
  child.on('exit', () => endGroup(child.pid));
  child.on('error', (error) => ended(`with ${error.message}`));
  child.on('close', (code, signal) => ended(signal === null ? `with code ${code}` : `by ${signal}`));
  return {
    pid: child.pid,
    kill: (signal) => {
      if (signal === 'SIGKILL' && how === undefined) endGroup(child.pid);
      else child.kill(signal);
    },
    onExit: (listener) => {
      if (how === undefined) listeners.push(listener);
      else listener(how);
    },
  };
}

/** Ends a part's process group at once; nothing when none of it is left. */
function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // There is nobody in it any more.
  }
}

/** Runs a command to its end; gives back the lines that it printed when it failed, undefined when all went well. */
export function runCommand(args: readonly string[], variables: Variables): Promise<string[] | undefined> {
  const lines: string[] = [];
  const child = spawnCommand(args, variables, (line) => {
    if (lines.length < 500) lines.push(line);
  });
  return new Promise((resolve) => child.onExit((how) => resolve(how === 'with code 0' ? undefined : [...lines, `it ended ${how}`])));
}

/** Whether something on this machine takes connections at a port. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('connect', () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}

/** One line for each port that cannot be opened: what it is for and which variable moves it. */
export async function takenPorts(ports: readonly PortSetting[]): Promise<string[]> {
  const found = await Promise.all(ports.map(tryPort));
  return found.filter((line) => line !== undefined);
}

function tryPort({ what, variable, port }: PortSetting): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is already in use' : `cannot be opened (${error.code})`;
      resolve(`port ${port} (${what}) ${why}: end what listens there, or set ${variable} to another port`);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
