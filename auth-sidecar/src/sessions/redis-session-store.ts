import { createHash } from 'node:crypto';
import { script } from '@gatehouse/plugins';
import type { SharedMemory } from '../dependencies.js';
import type { PutOutcome, SessionRecord, SessionStore } from './session-store.js';

/**
 * KEYS: the session, its user's list, its end. ARGV: member of the list, the session, since, issue of its token, limit, life in
 * milliseconds, what all sessions' keys start with. The list's members are the ends of those keys.
 */
const put = script(`
local ended = redis.call('GET', KEYS[3])
if ended and tonumber(ended) >= tonumber(ARGV[4]) then return {0} end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[6])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
local beyond = {1}
local kept = 0
local members = redis.call('ZREVRANGE', KEYS[2], 0, -1)
for _, member in ipairs(members) do
  local text = redis.call('GET', ARGV[7] .. member)
  if not text then redis.call('ZREM', KEYS[2], member)
  elseif member ~= ARGV[1] then
    kept = kept + 1
    if kept >= tonumber(ARGV[5]) then table.insert(beyond, 2, text) end
  end
end
return beyond
`);

/** KEYS: the session, its user's list. ARGV: the session, life in milliseconds. */
const update = script(`
if not redis.call('SET', KEYS[1], ARGV[1], 'XX', 'PX', ARGV[2]) then return 0 end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
`);

/** KEYS: the session, its end. ARGV: when, how long that is remembered. */
const end = script(`
local record = redis.call('GET', KEYS[1])
local before = redis.call('GET', KEYS[2])
redis.call('DEL', KEYS[1])
local at = ARGV[1]
if before and tonumber(before) > tonumber(at) then at = before end
redis.call('SET', KEYS[2], at, 'PX', ARGV[2])
return {record or '', before and 1 or 0}
`);

const BACKGROUND = { background: true } as const;

/** Nothing that a token says stands in a key but as a digest. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

const parse = (text: unknown): SessionRecord | null =>
  typeof text === 'string' && text !== '' ? (JSON.parse(text) as SessionRecord) : null;

/** Sessions that all replicas see. */
export class RedisSessionStore implements SessionStore {
  constructor(private readonly memory: SharedMemory) {}

  async put(record: SessionRecord, limit: number, ttlMs: number): Promise<PutOutcome> {
    const { id, userId, since, issuedAt } = record;
    const keys = [this.session(id), this.user(userId), this.ended(id)];
    const bounds = [String(since), String(issuedAt), String(limit), String(ttlMs)];
    const args = [digest(id), JSON.stringify(record), ...bounds, this.memory.keys.of('session:')];
    const [taken, ...beyond] = (await this.memory.redis.script(put, keys, args, BACKGROUND)) as [number, ...string[]];
    return { taken: taken === 1, beyond: beyond.flatMap((text) => parse(text) ?? []) };
  }

  async update(record: SessionRecord, ttlMs: number): Promise<boolean> {
    const keys = [this.session(record.id), this.user(record.userId)];
    return (await this.memory.redis.script(update, keys, [JSON.stringify(record), String(ttlMs)], BACKGROUND)) === 1;
  }

  async get(id: string): Promise<SessionRecord | null> {
    return parse(await this.memory.redis.command('get', [this.session(id)], BACKGROUND));
  }

  async list(userId: string, limit: number): Promise<readonly SessionRecord[]> {
    const members = (await this.memory.redis.command('zrevrange', [this.user(userId), '0', '-1'], BACKGROUND)) as string[];
    if (members.length === 0) return [];
    const keys = members.map((member) => this.memory.keys.of(`session:${member}`));
    const texts = (await this.memory.redis.command('mget', keys, BACKGROUND)) as unknown[];
    return texts.flatMap((text) => parse(text) ?? []).slice(0, limit);
  }

  async end(id: string, at: number, keepMs: number): Promise<{ record: SessionRecord | null; first: boolean }> {
    const args = [String(at), String(keepMs)];
    const [text, before] = (await this.memory.redis.script(end, [this.session(id), this.ended(id)], args, BACKGROUND)) as [string, number];
    const record = parse(text);
    if (record) await this.memory.redis.command('zrem', [this.user(record.userId), digest(id)], BACKGROUND);
    return { record, first: record !== null || before === 0 };
  }

  async endedAt(id: string): Promise<number | null> {
    const text = await this.memory.redis.command('get', [this.ended(id)], BACKGROUND);
    return typeof text === 'string' ? Number(text) : null;
  }

  private session(id: string): string {
    return this.memory.keys.of(`session:${digest(id)}`);
  }

  private user(userId: string): string {
    return this.memory.keys.of(`sessions:${digest(userId)}`);
  }

  private ended(id: string): string {
    return this.memory.keys.of(`session-ended:${digest(id)}`);
  }
}
