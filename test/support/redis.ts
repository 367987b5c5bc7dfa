/** A real Redis for a test: small, on a port of its own, with nothing on disk; found on the machine or installed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const root = path.resolve(import.meta.dirname, '../..');
const START_MS = 10_000;

/** A command as Redis reads it (RESP). */
function encode(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`;
}

/** Sends one command over a connection of its own; the raw reply, which is whole when it is short. */
function ask(port: number, args: readonly string[], password?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(encode(password === undefined ? args : ['AUTH', password])));
    socket.setTimeout(5000, () => socket.destroy(new Error('Redis says nothing')));
    const done = (data: Buffer): void => {
      socket.destroy();
      resolve(data.toString());
    };
    const authorised = (): void => void socket.once('data', done).write(encode(args));
    socket.once('data', password === undefined ? done : authorised);
    socket.once('error', reject);
  });
}

/** A port that nothing listens on. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Path of a Redis server: found on the machine, or installed. */
export const redisProgram = (): string =>
  execFileSync(path.join(root, 'scripts/redis-server.sh'), { encoding: 'utf8' }).trim().split('\n')[0]!;

export class TestRedis {
  private child: ChildProcess | null = null;
  private paused = false;

  private constructor(
    readonly port: number,
    private readonly binary: string,
    private readonly more: readonly string[],
  ) {}

  /** @param more arguments of redis-server */
  static async start(...more: string[]): Promise<TestRedis> {
    const redis = new TestRedis(await freePort(), redisProgram(), more);
    await redis.launch();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Raw reply of one command. */
  ask(...args: string[]): Promise<string> {
    return ask(this.port, args);
  }

  /** Raw reply of one command, after the password. */
  authorised(password: string, ...args: string[]): Promise<string> {
    return ask(this.port, args, password);
  }

  /** Starts it (again), with an empty memory. */
  async launch(): Promise<void> {
    const fixed = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--maxmemory', '64mb'];
    const child = spawn(this.binary, [...fixed, '--loglevel', 'warning', '--dir', os.tmpdir(), ...this.more], { stdio: 'ignore' });
    this.child = child;
    const end = (): void => void child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    const until = Date.now() + START_MS;
    for (;;) {
      if (await this.answers()) return;
      if (child.exitCode !== null || Date.now() > until) throw new Error(`Redis did not start on port ${this.port}`);
      await sleep(10);
    }
  }

  /** Ends it without a word to anybody. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    this.child = null;
  }

  /** Stops it where it stands: connections stay open, nothing is answered. */
  pause(): void {
    this.child?.kill('SIGSTOP');
    this.paused = true;
  }

  resume(): void {
    if (this.paused) this.child?.kill('SIGCONT');
    this.paused = false;
  }

  /** Lets all keys age by this much, so that no test has to wait for it. */
  async age(ms: number): Promise<void> {
    const script = `for _, key in ipairs(redis.call('KEYS', '*')) do
      local left = redis.call('PTTL', key)
      if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[1]) end
    end return 1`;
    await this.ask('EVAL', script, '0', String(ms));
  }

  private async answers(): Promise<boolean> {
    try {
      const reply = await this.ask('PING');
      return reply.startsWith('+PONG') || reply.startsWith('-NOAUTH');
    } catch {
      return false;
    }
  }
}

/** Asks again and again until it is so; fails after `ms`. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const until = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`not within ${ms} ms: ${what}`);
    await sleep(5);
  }
}
