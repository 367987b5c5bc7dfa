import { API_KEYS_MAX, type ApiKeyRecord, type ApiKeyStore, ApiKeyStoreFullError, apiKeyKeptUntil } from '@gatehouse/policy';
import { type RedisConnection, script } from '../../runtime/redis/index.js';
import type { EventStream } from './event-stream.js';
import type { Keys } from './keys.js';

const CHANGED = 'api-key';

/** Lets go of a few keys in the list whose records are past. Records go by themselves. */
const FORGET = `
local time = redis.call('TIME')
local past = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', time[1] * 1000, 'LIMIT', 0, 100)
if #past > 0 then
  redis.call('ZREM', KEYS[2], unpack(past))
  redis.call('ZREM', KEYS[3], unpack(past))
end`;

/**
 * KEYS: the record, the list, ends of records. ARGV: id, when it was made, the record, until when it is kept (empty: for good), most keys,
 * the hash that must stand there (empty: any) and when that was revoked (empty: never).
 */
const put = script(`
local text = redis.call('GET', KEYS[1])
if ARGV[6] ~= '' then
  local known = text and cjson.decode(text)
  local revoked = ''
  if known and known.revokedAt ~= cjson.null then revoked = string.format('%.0f', known.revokedAt) end
  if not known or known.hash ~= ARGV[6] or revoked ~= ARGV[7] then return 0 end
end
${FORGET}
if not text and redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[5]) then return -1 end
local record = ARGV[3]
local used = text and string.match(text, '"lastUsedAt":(%d+)')
local given = string.match(record, '"lastUsedAt":(%d+)')
if used and tonumber(used) > tonumber(given or '0') then record = string.gsub(record, '"lastUsedAt":[%dnul]+', '"lastUsedAt":' .. used, 1) end
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
if ARGV[4] == '' then
  redis.call('SET', KEYS[1], record)
  redis.call('ZREM', KEYS[3], ARGV[1])
else
  redis.call('SET', KEYS[1], record, 'PXAT', ARGV[4])
  redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
end
return 1
`);

/** KEYS: any, the list, ends of records. ARGV: how many, the id before. */
const page = script(`
${FORGET}
local first = 0
if ARGV[2] ~= '' then
  local rank = redis.call('ZREVRANK', KEYS[2], ARGV[2])
  if not rank then return {} end
  first = rank + 1
end
return redis.call('ZREVRANGE', KEYS[2], first, first + ARGV[1] - 1)
`);

/** Notes a use; never makes a key that is gone, never sets the time back. ARGV: Unix milliseconds. */
const touch = script(`
local text = redis.call('GET', KEYS[1])
if not text then return 0 end
local at = string.match(text, '"lastUsedAt":(%d+)')
if at and tonumber(at) >= tonumber(ARGV[1]) then return 0 end
local changed = string.gsub(text, '"lastUsedAt":[%dnul]+', '"lastUsedAt":' .. ARGV[1], 1)
redis.call('SET', KEYS[1], changed, 'KEEPTTL')
return 1
`);

/** The time of the last use stands first, so that no text of a name can be taken for it. */
function textOf({ lastUsedAt, ...record }: ApiKeyRecord): string {
  return JSON.stringify({ lastUsedAt, ...record });
}

/** Who manages keys waits longer than a proxied request does. */
const PATIENT = { background: true } as const;

/** API keys of a system, for all nodes. */
export class RedisApiKeyStore implements ApiKeyStore {
  private readonly listeners = new Set<(system: string | null, id: string | null) => void>();

  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
    private readonly events: EventStream,
    private readonly capacity = API_KEYS_MAX,
  ) {}

  async get(system: string, id: string): Promise<ApiKeyRecord | null> {
    const text = await this.redis.command('get', [this.keyOf(system, id)]);
    return typeof text === 'string' ? (JSON.parse(text) as ApiKeyRecord) : null;
  }

  async put(record: ApiKeyRecord, over?: ApiKeyRecord): Promise<boolean> {
    const { system, id, createdAt } = record;
    const until = apiKeyKeptUntil(record);
    const wanted = [over?.hash ?? '', over?.revokedAt ? String(over.revokedAt) : ''];
    const args = [id, String(createdAt), textOf(record), until === null ? '' : String(until), String(this.capacity), ...wanted];
    const done = await this.redis.script(put, [this.keyOf(system, id), this.listOf(system), this.endsOf(system)], args, PATIENT);
    if (done === -1) throw new ApiKeyStoreFullError();
    if (done !== 1) return false;
    for (const dropped of this.listeners) dropped(system, id);
    await this.events.publish(CHANGED, { system, id });
    return true;
  }

  async list(system: string, limit: number, after?: string): Promise<readonly ApiKeyRecord[]> {
    const list = this.listOf(system);
    const ids = (await this.redis.script(page, [list, list, this.endsOf(system)], [String(limit), after ?? ''], PATIENT)) as string[];
    if (ids.length === 0) return [];
    const texts = (await this.redis.command(
      'mget',
      ids.map((id) => this.keyOf(system, id)),
      PATIENT,
    )) as (string | null)[];
    return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as ApiKeyRecord]));
  }

  async touch(system: string, id: string, at: number): Promise<void> {
    await this.redis.script(touch, [this.keyOf(system, id)], [String(at)], { background: true });
  }

  onChange(dropped: (system: string | null, id: string | null) => void): { close(): void } {
    this.listeners.add(dropped);
    const others = this.events.subscribe((event) => {
      if (event === null) dropped(null, null);
      else if (event.type === CHANGED) dropped(String(event.data['system']), String(event.data['id']));
    });
    return {
      close: () => {
        this.listeners.delete(dropped);
        others.close();
      },
    };
  }

  private keyOf(system: string, id: string): string {
    return this.keys.of(`api-key:${encodeURIComponent(system)}:${encodeURIComponent(id)}`);
  }

  private endsOf(system: string): string {
    return this.keys.of(`api-key-ends:${encodeURIComponent(system)}`);
  }

  private listOf(system: string): string {
    return this.keys.of(`api-keys:${encodeURIComponent(system)}`);
  }
}
