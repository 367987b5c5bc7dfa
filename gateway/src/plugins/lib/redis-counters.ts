/** Counters of rate-limiting plugins in Redis, in Kong's own keys and by its rules, so that both planes count together. */
import { type RedisConnection, script } from '@gatehouse/plugins';
import type { CounterAsk, RemoteCounters } from '../../plugin.js';

/** Each counts one more and lives from its first count on; the reply is what stood before. ARGV: the lifetimes in seconds. */
const count = script(`
local before = {}
for i, key in ipairs(KEYS) do
  local value = redis.call('INCR', key)
  if value == 1 then redis.call('EXPIRE', key, ARGV[i]) end
  before[i] = value - 1
end
return before
`);

/** ARGV: the amount, the lifetime in seconds. */
const add = script(`
local known = redis.call('EXISTS', KEYS[1])
redis.call('INCRBYFLOAT', KEYS[1], ARGV[1])
if known == 0 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return 0
`);

/** One script and one round trip for all counters of a request. Rejects when Redis is away or too slow. */
export class RedisCounters implements RemoteCounters {
  /**
   * @param prefix of their keys
   * @param release called when nobody uses them any more
   */
  constructor(
    private readonly redis: Pick<RedisConnection, 'script' | 'command'>,
    private readonly prefix: string,
    private readonly release: () => void,
  ) {}

  /** Counts in all of them, also when one is at its limit: Kong's policy `redis` does so. */
  async take(asks: readonly CounterAsk[]): Promise<readonly number[]> {
    const lives = asks.map(({ seconds }) => String(seconds));
    return (await this.redis.script(count, this.keysOf(asks), lives)) as number[];
  }

  async read(asks: readonly CounterAsk[]): Promise<readonly number[]> {
    const values = (await this.redis.command('mget', this.keysOf(asks))) as (string | null)[];
    return values.map((value) => Number(value ?? 0));
  }

  async add(ask: CounterAsk, amount: number): Promise<void> {
    await this.redis.script(add, this.keysOf([ask]), [String(amount), String(ask.seconds)], { background: true });
  }

  close(): void {
    this.release();
  }

  private keysOf(asks: readonly CounterAsk[]): string[] {
    return asks.map(({ key }) => this.prefix + key);
  }
}
