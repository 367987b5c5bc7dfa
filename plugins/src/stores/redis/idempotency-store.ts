import type { FirstAnswer, HeaderPairs, IdempotencyClaim, IdempotencyStore } from '@gatehouse/policy';
import { type RedisConnection, script } from '../../runtime/redis/index.js';
import type { Keys } from './keys.js';
import { digest } from './replay-store.js';

/**
 * KEYS: the claim, a hash with `o` (owner), `f` (fingerprint), and of a complete one `h` (status and headers) and `b` (body).
 * ARGV: owner, fingerprint, life in milliseconds.
 */
const claim = script(`
local owner, fingerprint, head = unpack(redis.call('HMGET', KEYS[1], 'o', 'f', 'h'))
if owner then
  if fingerprint ~= ARGV[2] then return { 'mismatch' } end
  if head then return { 'done', head, redis.call('HGET', KEYS[1], 'b') } end
  if owner ~= ARGV[1] then return { 'running' } end
end
redis.call('HSET', KEYS[1], 'o', ARGV[1], 'f', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return { 'new' }
`);

/** ARGV: owner, head, body, life in milliseconds. */
const complete = script(`
if redis.call('HGET', KEYS[1], 'o') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'h', ARGV[2], 'b', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
`);

const release = script(`
local owner, head = unpack(redis.call('HMGET', KEYS[1], 'o', 'h'))
if owner == ARGV[1] and not head then redis.call('DEL', KEYS[1]) end
return 0
`);

interface Head {
  readonly status: number;
  readonly headers: HeaderPairs;
}

function answerOf(head: Buffer, body: Buffer): FirstAnswer {
  const { status, headers } = JSON.parse(head.toString()) as Head;
  return { status, headers, body };
}

/** First answers, for all nodes. */
export class RedisIdempotencyStore implements IdempotencyStore {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {}

  async claim(key: string, owner: string, fingerprint: string, ttlMs: number): Promise<IdempotencyClaim> {
    const args = [owner, fingerprint, String(ttlMs)];
    const reply = await this.redis.script(claim, [this.keyOf(key)], args, { raw: true });
    const [state, head, body] = reply as [Buffer, Buffer?, Buffer?];
    const name = state.toString() as IdempotencyClaim['state'];
    return name === 'done' ? { state: name, answer: answerOf(head!, body!) } : { state: name };
  }

  async complete(key: string, owner: string, { status, headers, body }: FirstAnswer, ttlMs: number): Promise<void> {
    const head = JSON.stringify({ status, headers } satisfies Head);
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    await this.redis.script(complete, [this.keyOf(key)], [owner, head, bytes, String(ttlMs)], { background: true });
  }

  async release(key: string, owner: string): Promise<void> {
    await this.redis.script(release, [this.keyOf(key)], [owner], { background: true });
  }

  private keyOf(key: string): string {
    return this.keys.of(`idempotency:${digest(key)}`);
  }
}
