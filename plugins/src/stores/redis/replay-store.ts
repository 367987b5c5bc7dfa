import { createHash } from 'node:crypto';
import type { ReplayStore } from '@gatehouse/policy';
import { type RedisConnection, script } from '../../runtime/redis/index.js';
import type { Keys } from './keys.js';

/** KEYS: the id. ARGV: owner, life in milliseconds. The value is `p` (pending) or `d` (done), and the owner. */
const claim = script(`
local value = redis.call('GET', KEYS[1])
if value and (string.sub(value, 1, 1) == 'd' or string.sub(value, 2) ~= ARGV[1]) then return string.sub(value, 1, 1) end
redis.call('SET', KEYS[1], 'p' .. ARGV[1], 'PX', ARGV[2])
return 'n'
`);

const confirm = script(`
local value = redis.call('GET', KEYS[1])
if value and string.sub(value, 2) == ARGV[1] then redis.call('SET', KEYS[1], 'd' .. ARGV[1], 'PX', ARGV[2]) end
return 0
`);

const release = script(`
if redis.call('GET', KEYS[1]) == 'p' .. ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
`);

const STATES: Readonly<Record<string, 'new' | 'pending' | 'done'>> = { n: 'new', p: 'pending', d: 'done' };

/** A short text for any key: nothing of what was signed stands in a list of keys. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Remembers for all nodes what was used once. */
export class RedisReplayStore implements ReplayStore {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {}

  async claim(key: string, owner: string, ttlMs: number): Promise<'new' | 'pending' | 'done'> {
    const state = await this.redis.script(claim, [this.keyOf(key)], [owner, String(ttlMs)]);
    return STATES[String(state)]!;
  }

  async confirm(key: string, owner: string, ttlMs: number): Promise<void> {
    await this.redis.script(confirm, [this.keyOf(key)], [owner, String(ttlMs)], { background: true });
  }

  async release(key: string, owner: string): Promise<void> {
    await this.redis.script(release, [this.keyOf(key)], [owner], { background: true });
  }

  private keyOf(key: string): string {
    return this.keys.of(`replay:${digest(key)}`);
  }
}
