/** A real Redis for a test: small, on a port of its own, with nothing on disk; in a container, or found on the machine or installed. */
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Part, preparePart } from './parts/part.js';

const root = path.resolve(import.meta.dirname, '../..');
const START_MS = 10_000;
const TRIES_MIN = 50;

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
  private constructor(
    readonly port: number,
    private readonly part: Part,
  ) {}

  /** @param more arguments of redis-server */
  static async start(...more: string[]): Promise<TestRedis> {
    const port = await freePort();
    const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--maxmemory', '64mb'];
    const args = [...fixed, '--loglevel', 'warning', ...more];
    const part = await preparePart('redis', {
      native: () => {
        const command = redisProgram();
        return () => ({ command, args: [...args, '--dir', os.tmpdir()] });
      },
      container: () => ({ command: ['redis-server', ...args] }),
    });
    const redis = new TestRedis(port, part);
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
    await this.part.launch();
    const until = Date.now() + START_MS;
    for (let tries = 1; ; tries++) {
      if (await this.answers()) return;
      // Time alone says nothing where this process was held up meanwhile.
      if (this.part.ended || (Date.now() > until && tries > TRIES_MIN))
        throw new Error(`Redis did not start on port ${this.port}: ${await this.part.said()}`);
      await sleep(10);
    }
  }

  /** Ends it without a word to anybody. */
  kill(): Promise<void> {
    return this.part.remove();
  }

  /** Stops it where it stands: connections stay open, nothing is answered. */
  pause(): Promise<void> {
    return this.part.pause();
  }

  resume(): Promise<void> {
    return this.part.resume();
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
