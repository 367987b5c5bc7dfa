import { type Keys, type RedisConnection, script } from '@gatehouse/plugins';
import { z } from 'zod';
import { personSchema } from './person.js';
import type { TelegramSession, TelegramSessionStore } from './session.js';

/** KEYS: the session. ARGV: the generation that must stand there, the next session, until when (Unix milliseconds). */
const advance = script(`
local text = redis.call('GET', KEYS[1])
if not text or cjson.decode(text).generation ~= tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
return 1
`);

const time = z.int().nonnegative();
const schema = z.object({
  id: z.string(),
  generation: z.int().positive(),
  person: personSchema,
  startedAt: time,
  issuedAt: time,
  expiresAt: time,
  spent: z.array(z.object({ generation: z.int().positive(), at: time })),
});

/** People wait for a sign-in longer than a proxied request waits for its limits. */
const PATIENT = { background: true } as const;

/** Sessions for all replicas. */
export class RedisSessionStore implements TelegramSessionStore {
  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
  ) {}

  async add(session: TelegramSession): Promise<void> {
    await this.redis.command('set', [this.keyOf(session.id), JSON.stringify(session), 'PXAT', String(session.expiresAt)], PATIENT);
  }

  async get(id: string): Promise<TelegramSession | null> {
    const text = await this.redis.command('get', [this.keyOf(id)], PATIENT);
    return typeof text === 'string' ? schema.parse(JSON.parse(text)) : null;
  }

  async advance(next: TelegramSession): Promise<boolean> {
    const args = [String(next.generation - 1), JSON.stringify(next), String(next.expiresAt)];
    return (await this.redis.script(advance, [this.keyOf(next.id)], args, PATIENT)) === 1;
  }

  async end(id: string): Promise<void> {
    await this.redis.command('del', [this.keyOf(id)], PATIENT);
  }

  private keyOf(id: string): string {
    return this.keys.of(`telegram-session:${id}`);
  }
}
