import type { LimitAsk, LimitReply, LimitStore } from '@gatehouse/policy';
import type { RedisConnection } from '../../runtime/redis/index.js';
import { TRANSPORT_MAX_MS } from '../memory/limit-store.js';
import type { EventStream } from './event-stream.js';
import type { Keys } from './keys.js';
import { LimitBatch } from './limit-batch.js';
import { giveBack, take } from './limit-scripts.js';

const RESET_EVENT = 'limits-reset';
const SCAN_COUNT = '1000';

/** Counters that all nodes share. One script and one round trip for the requests of one turn of the event loop, by the server's clock. */
export class RedisLimitStore implements LimitStore {
  private readonly prefix: string;
  private batch: LimitBatch | null = null;
  private readonly listeners = new Set<() => void>();

  /** @param clock for tests: Unix milliseconds in place of the server's clock */
  constructor(
    private readonly redis: RedisConnection,
    keys: Keys,
    private readonly events: EventStream,
    private readonly clock: (() => number) | null = null,
  ) {
    this.prefix = keys.of('limit:');
  }

  take(asks: readonly LimitAsk[]): Promise<LimitReply> {
    if (!this.batch?.fits(asks.length)) this.begin();
    return this.batch!.add(this.prefix, asks);
  }

  async giveBack(asks: readonly LimitAsk[], ageMs: number): Promise<void> {
    const keys = asks.map(({ window, subject }) => this.prefix + window.id + subject);
    const periods = asks.map(({ window }) => String(window.periodMs));
    const age = String(Math.ceil(ageMs) + TRANSPORT_MAX_MS);
    await this.redis.script(giveBack, keys, [this.now(), age, ...periods], { background: true });
  }

  async reset(parts: readonly string[]): Promise<number> {
    let count = 0;
    for (const part of parts) count += await this.resetPart(part);
    for (const forget of this.listeners) forget();
    await this.events.publish(RESET_EVENT, {});
    return count;
  }

  onReset(forget: () => void): { close(): void } {
    this.listeners.add(forget);
    const others = this.events.subscribe((event) => {
      if (event === null || event.type === RESET_EVENT) forget();
    });
    return {
      close: () => {
        this.listeners.delete(forget);
        others.close();
      },
    };
  }

  /** A new batch; it goes out with the other commands of the same turn. */
  private begin(): void {
    const batch = new LimitBatch();
    this.batch = batch;
    this.redis.beforeWrite(() => {
      if (this.batch === batch) this.batch = null;
      this.redis.script(take, batch.keys, batch.args(this.now())).then(
        (reply) => batch.resolve(reply as LimitReply),
        (error) => batch.reject(error),
      );
    });
  }

  private now(): string {
    return this.clock === null ? '' : String(this.clock());
  }

  /** Looks through all keys: only an operator asks for it, and no list of subjects has to be kept for that. */
  private async resetPart(part: string): Promise<number> {
    const pattern = `${this.prefix}*|${part}*`;
    let count = 0;
    let cursor = '0';
    do {
      const reply = await this.redis.command('scan', [cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT], { background: true });
      const [next, found] = reply as [string, string[]];
      cursor = next;
      if (found.length > 0) count += Number(await this.redis.command('unlink', found, { background: true }));
    } while (cursor !== '0');
    return count;
  }
}
