/**
 * One connection to Redis that nobody ever waits long for: commands have a deadline, none is queued while Redis is away, those of
 * one turn of the event loop go out in one write, and it comes back by itself.
 */
import type { BaseEffects, TimerHandle } from '@gatehouse/policy';
import { Command, Redis, type RedisOptions } from 'ioredis';
import { Deadlines, type Pending } from './deadlines.js';
import { RedisAwayError, RedisDeadlineError } from './errors.js';
import { Health } from './health.js';
import { allScripts, type Script } from './script.js';
import type { RedisSettings } from './settings.js';

/** Milliseconds for what no request waits for; requests have the settings' deadline. */
export const BACKGROUND_DEADLINE_MS = 1000;
const CONNECT_TIMEOUT_MS = 2000;
const HANDSHAKE_MS = 5000;
const RECONNECT_MIN_MS = 50;
const RECONNECT_MAX_MS = 1000;

export type RedisEffects = Pick<BaseEffects, 'after' | 'cancel' | 'log' | 'metrics' | 'monotonic' | 'random'>;
export type RedisArgument = string | Buffer;

const FAILURES = {
  name: 'gatehouse_redis_failures_total',
  help: 'Commands that Redis did not carry out in time: away, deadline or error',
  labels: ['redis', 'reason'],
};

const REPLY_ENCODING = { replyEncoding: 'utf8' } as const;
const RAW = {} as const;

/** How a command is sent. */
export interface CommandOptions {
  /** No request waits for it. */
  readonly background?: boolean;
  /** Strings of the reply are given as bytes. */
  readonly raw?: boolean;
}

const NO_OPTIONS: CommandOptions = {};
const BACKGROUND: CommandOptions = { background: true };

const isNoScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT');

function tlsOptions(host: string, { ca, name = host, verify = true }: NonNullable<RedisSettings['tls']>): NonNullable<RedisOptions['tls']> {
  return { servername: name, rejectUnauthorized: verify, ...(ca === null ? {} : { ca }) };
}

function options(settings: RedisSettings, delay: (times: number) => number): Omit<RedisOptions, 'replyMapping'> {
  const password = settings.password();
  return {
    host: settings.host,
    port: settings.port,
    db: settings.database,
    ...(settings.username === null ? {} : { username: settings.username }),
    ...(password === null ? {} : { password }),
    ...(settings.tls ? { tls: tlsOptions(settings.host, settings.tls) } : {}),
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    // Counting a request twice is worse than not knowing.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: delay,
    // A primary that became a replica takes no writes: the new one is found by connecting again.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

/** A connection, with its health and its deadlines. Made at once, connected as soon as it can be, for as long as it is not closed. */
export class RedisConnection {
  readonly health: Health;
  /** Rises with every connection that is made. */
  epoch = 0;
  private readonly redis: Redis;
  private readonly fast: Deadlines;
  private readonly slow: Deadlines;
  private readonly failures: { add(labels: readonly string[]): void };
  private turnEnds = false;
  private gathering: (() => void)[] = [];
  private waiting: (() => void)[] = [];
  private handshake: TimerHandle | null = null;

  /** @param name for metrics and the log: the system's */
  constructor(
    private readonly name: string,
    private readonly settings: RedisSettings,
    private readonly effects: RedisEffects,
  ) {
    this.failures = effects.metrics.counter(FAILURES);
    this.fast = new Deadlines(settings.deadlineMs, effects);
    this.slow = new Deadlines(BACKGROUND_DEADLINE_MS, effects);
    this.redis = new Redis(options(settings, (times) => this.delay(times)));
    this.health = new Health(name, { ping: () => this.ping(), reconnect: () => this.redis.disconnect(true) }, effects);
    this.health.onUp(() => this.wake());
    this.redis.on('connect', () => this.awaitHandshake());
    this.redis.on('ready', () => this.ready());
    this.redis.on('close', () => this.gone('the connection ended'));
    this.redis.on('error', (error: NodeJS.ErrnoException) => this.gone(error.code ?? error.name));
    this.redis.connect().catch(() => undefined);
  }

  /**
   * Sends one command.
   * @throws RedisAwayError, RedisDeadlineError, or Redis's own error
   */
  command(name: string, args: RedisArgument[], how: CommandOptions = NO_OPTIONS): Promise<unknown> {
    const { state } = this.health;
    if (state === 'up') return this.send(name, args, how);
    if (state === 'down') return Promise.reject(this.failed('away', new RedisAwayError('it was found so before')));
    return this.afterStart(name, args, how);
  }

  /** Runs a script by its digest; a Redis that does not know it (restarted, flushed) is given it along. */
  async script({ sha, source }: Script, keys: string[], args: RedisArgument[], how: CommandOptions = NO_OPTIONS): Promise<unknown> {
    const tail = [String(keys.length), ...keys, ...args];
    try {
      return await this.command('evalsha', [sha, ...tail], how);
    } catch (error) {
      if (!isNoScript(error)) throw error;
      return this.command('eval', [source, ...tail], how);
    }
  }

  close(): void {
    this.health.close();
    this.wake();
    this.fast.close();
    this.slow.close();
    this.endHandshake();
    this.redis.disconnect();
  }

  private ready(): void {
    this.endHandshake();
    this.epoch++;
    // One that does not take them now is given each when it is needed.
    for (const { source } of allScripts) this.send('script', ['load', source], BACKGROUND).catch(() => undefined);
    this.health.connected();
  }

  /** A server that takes a connection and says nothing more would hold the handshake for ever. */
  private awaitHandshake(): void {
    this.endHandshake();
    this.handshake = this.effects.after(HANDSHAKE_MS, () => this.redis.disconnect(true));
  }

  private endHandshake(): void {
    if (this.handshake !== null) this.effects.cancel(this.handshake);
    this.handshake = null;
  }

  private send(name: string, args: RedisArgument[], how: CommandOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const deadlines = how.background ? this.slow : this.fast;
      const pending: Pending = {
        done: false,
        expire: () => {
          pending.done = true;
          this.health.missed();
          reject(this.failed('deadline', new RedisDeadlineError(deadlines.ms)));
        },
      };
      const command = new Command(name, args, how.raw ? RAW : REPLY_ENCODING, (error: Error | null | undefined, reply: unknown) => {
        if (pending.done) return;
        pending.done = true;
        if (error) return reject(isNoScript(error) ? error : this.failed('error', error));
        // A late answer to what may be late says nothing about those that may not.
        if (!how.background) this.health.answered();
        resolve(reply);
      });
      deadlines.add(pending);
      this.cork();
      this.redis.sendCommand(command);
    });
  }

  /** Calls back when the event loop has seen all sockets, just before what is sent until then goes out: for what goes out together. */
  beforeWrite(gather: () => void): void {
    this.gathering.push(gather);
    this.cork();
  }

  /** What is sent until the event loop has seen all sockets goes out in one write. */
  private cork(): void {
    if (this.turnEnds) return;
    this.turnEnds = true;
    const { stream } = this.redis;
    stream?.cork();
    setImmediate(() => {
      const { gathering } = this;
      this.gathering = [];
      for (const gather of gathering) gather();
      this.turnEnds = false;
      stream?.uncork();
    });
  }

  /** The first requests come before the first connection: they wait for it within their deadline. */
  private afterStart(name: string, args: RedisArgument[], how: CommandOptions): Promise<unknown> {
    const deadlines = how.background ? this.slow : this.fast;
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        done: false,
        expire: () => {
          pending.done = true;
          reject(this.failed('away', new RedisAwayError('there is no connection yet')));
        },
      };
      deadlines.add(pending);
      this.waiting.push(() => {
        if (pending.done) return;
        pending.done = true;
        this.command(name, args, how).then(resolve, reject);
      });
    });
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const go of waiting) go();
  }

  private gone(why: string): void {
    this.endHandshake();
    this.health.lost(why);
    this.wake();
  }

  private failed(reason: string, error: Error): Error {
    this.failures.add([this.name, reason]);
    return error;
  }

  private async ping(): Promise<boolean> {
    try {
      return (await this.send('ping', [], NO_OPTIONS)) === 'PONG';
    } catch {
      return false;
    }
  }

  private readPassword(): void {
    try {
      const password = this.settings.password();
      if (password !== null) this.redis.options.password = password;
    } catch (error) {
      this.effects.log('error', 'the password of Redis can not be read', { redis: this.name, error: String(error) });
    }
  }

  /** Milliseconds until the next attempt: doubles, with a third of it at random, so that nodes do not all come back at once. */
  private delay(times: number): number {
    this.readPassword();
    const base = Math.min(RECONNECT_MIN_MS * 2 ** Math.min(times - 1, 10), RECONNECT_MAX_MS);
    return Math.round(base * (1 - this.effects.random.bytes(1)[0]! / 768));
  }
}
