/**
 * The outbox's store in a Redis stream, for replicas that share it. One replica at a time delivers, by a lease: so the order per key
 * holds, and when it dies another goes on with what is left. A replica that was slow and lost its lease may deliver a batch once more;
 * it can't skip or overtake anything, since every holder begins at the oldest event.
 */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { StoreError, wordsOf } from '../errors.js';
import type { OutboxStore, StoredBatch, StoreSize } from '../outbox/store.js';
import { systemTime, type Time, type TimerHandle, within } from '../time.js';
import { APPEND, LEASE, NEXT, REMOVE, YIELD } from './scripts.js';

export interface RedisStoreOptions {
  /** A connection of the caller's, who also ends it. */
  readonly redis: Pick<Redis, 'eval'>;
  /** Of the outbox: replicas with the same name share it. Default `events`. */
  readonly name?: string;
  /** Most events that are kept; default 100 000. */
  readonly maxEvents?: number;
  /** How long a replica that died keeps the others waiting, in milliseconds; default 10 000. */
  readonly leaseMs?: number;
  /** How often to look for other replicas' events, in milliseconds; default 500. */
  readonly pollMs?: number;
  /** Deadline of a call in milliseconds; default 2000. */
  readonly callMs?: number;
  readonly time?: Time;
}

interface RedisBatch extends StoredBatch {
  readonly upTo: string;
}

/** An outbox store in Redis. It is as durable as that Redis: with `appendfsync everysec`, a second may be lost with the machine. */
export function redisStore(options: RedisStoreOptions): OutboxStore {
  return new RedisStore({ name: 'events', maxEvents: 100_000, leaseMs: 10_000, pollMs: 500, callMs: 2_000, time: systemTime, ...options });
}

class RedisStore implements OutboxStore {
  readonly pollMs: number;
  private readonly owner = randomUUID();
  private readonly stream: string;
  private readonly lease: string;
  private events = 0;
  private renewal: TimerHandle | null = null;

  constructor(private readonly options: Required<RedisStoreOptions>) {
    this.pollMs = options.pollMs;
    // The whole name is the hash tag, so braces in it would end that too early.
    const tag = `{${options.name.replace(/[{}]/g, '')}}`;
    this.stream = `gatehouse:outbox:${tag}:stream`;
    this.lease = `gatehouse:outbox:${tag}:lease`;
  }

  async append(lines: readonly string[]): Promise<number> {
    const [taken, length] = (await this.call(APPEND, [this.stream], [this.options.maxEvents, ...lines])) as [number, number];
    this.events = length;
    return taken;
  }

  async next(maxLines: number, maxBytes: number): Promise<StoredBatch | null> {
    const { leaseMs } = this.options;
    const reply = await this.call(NEXT, [this.stream, this.lease], [this.owner, leaseMs, maxLines, maxBytes]);
    const [mine, length, entries] = reply as [0 | 1, number, [id: string, fields: string[]][]];
    this.events = length;
    this.stopRenewing();
    if (mine === 0) return null;
    if (entries.length > 0) this.renewLater();
    const batch: RedisBatch = { lines: entries.map(([, fields]) => fields[1] ?? ''), upTo: entries.at(-1)?.[0] ?? '0-0' };
    return batch;
  }

  async remove(batch: StoredBatch): Promise<void> {
    this.stopRenewing();
    const [time, seq] = (batch as RedisBatch).upTo.split('-');
    this.events = (await this.call(REMOVE, [this.stream], [`${time}-${Number(seq) + 1}`])) as number;
  }

  async yield(): Promise<void> {
    this.stopRenewing();
    await this.call(YIELD, [this.lease], [this.owner]);
  }

  size(): StoreSize {
    return { events: this.events, bytes: 0, damaged: 0 };
  }

  /** Lets go of the lease at once. */
  async close(): Promise<void> {
    await this.yield().catch(() => undefined);
  }

  /** Keeps the lease while a batch is on its way, for as long as nobody else has it. */
  private renewLater(): void {
    const { time, leaseMs } = this.options;
    const renewal = time.after(leaseMs / 3, () => void this.renew(renewal));
    this.renewal = renewal;
  }

  private async renew(renewal: TimerHandle): Promise<void> {
    const held = await this.call(LEASE, [this.lease], [this.owner, this.options.leaseMs]).catch(() => 1);
    if (this.renewal === renewal && held === 1) this.renewLater();
  }

  private stopRenewing(): void {
    if (this.renewal) this.options.time.cancel(this.renewal);
    this.renewal = null;
  }

  private async call(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const { redis, callMs, time } = this.options;
    try {
      const late = Symbol('late');
      const reply = await within(time, callMs, redis.eval(script, keys.length, ...keys, ...args), late);
      if (reply === late) throw new Error(`Redis said nothing for ${callMs} ms`);
      return reply;
    } catch (error) {
      throw new StoreError(wordsOf(error), { cause: error });
    }
  }
}
