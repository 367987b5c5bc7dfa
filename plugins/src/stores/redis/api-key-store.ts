import type { ApiKeyRecord, ApiKeyStore } from '@gatehouse/policy';
import { type RedisConnection, script } from '../../runtime/redis/index.js';
import type { EventStream } from './event-stream.js';
import type { Keys } from './keys.js';

const CHANGED = 'api-key';

/** KEYS: the record, the list. ARGV: id, when it was made, the record. */
const put = script(`
redis.call('SET', KEYS[1], ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
return 1
`);

/** Notes a use; never makes a key that is gone, never sets the time back. ARGV: Unix milliseconds. */
const touch = script(`
local text = redis.call('GET', KEYS[1])
if not text then return 0 end
local at = string.match(text, '"lastUsedAt":(%d+)')
if at and tonumber(at) >= tonumber(ARGV[1]) then return 0 end
local changed = string.gsub(text, '"lastUsedAt":[%dnul]+', '"lastUsedAt":' .. ARGV[1], 1)
redis.call('SET', KEYS[1], changed)
return 1
`);

/** The time of the last use stands first, so that no text of a name can be taken for it. */
function textOf({ lastUsedAt, ...record }: ApiKeyRecord): string {
  return JSON.stringify({ lastUsedAt, ...record });
}

/** API keys of a system, for all nodes. */
export class RedisApiKeyStore implements ApiKeyStore {
  private readonly listeners = new Set<(system: string | null, id: string | null) => void>();

  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
    private readonly events: EventStream,
  ) {}

  async get(system: string, id: string): Promise<ApiKeyRecord | null> {
    const text = await this.redis.command('get', [this.keyOf(system, id)]);
    return typeof text === 'string' ? (JSON.parse(text) as ApiKeyRecord) : null;
  }

  async put(record: ApiKeyRecord): Promise<void> {
    const { system, id, createdAt } = record;
    await this.redis.script(put, [this.keyOf(system, id), this.listOf(system)], [id, String(createdAt), textOf(record)]);
    for (const dropped of this.listeners) dropped(system, id);
    await this.events.publish(CHANGED, { system, id });
  }

  async list(system: string, limit: number): Promise<readonly ApiKeyRecord[]> {
    const ids = (await this.redis.command('zrevrange', [this.listOf(system), '0', String(limit - 1)])) as string[];
    if (ids.length === 0) return [];
    const texts = (await this.redis.command(
      'mget',
      ids.map((id) => this.keyOf(system, id)),
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

  private listOf(system: string): string {
    return this.keys.of(`api-keys:${encodeURIComponent(system)}`);
  }
}
