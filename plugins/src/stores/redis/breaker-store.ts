import type { BreakerRecord, BreakerState, BreakerStore } from '@gatehouse/policy';
import { type RedisConnection, script } from '../../runtime/redis/index.js';
import type { EventStream, NodeEvent } from './event-stream.js';
import type { Keys } from './keys.js';

const CHANGED = 'breaker';
/** How long a record is kept when nothing changes it: a node that starts later still learns of it. */
const RECORD_LIFE_MS = 7 * 24 * 3600 * 1000;

/**
 * A record is a hash: `s` (state), `u` (until when, by the server's clock; empty: until somebody says so), `f` (1: forced).
 * The reply is state, milliseconds that remain (-1: no end) and forced; nothing for no record. A forced state that ended is none.
 */
const LOAD = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function load(key)
  local s, u, f = unpack(redis.call('HMGET', key, 's', 'u', 'f'))
  if not s then return nil end
  local left = -1
  if u ~= '' then left = math.max(0, tonumber(u) - now) end
  if f == '1' and left == 0 then return nil end
  return { s, left, tonumber(f) }
end
local function save(key, s, left, f)
  local u = ''
  if left ~= '' then u = string.format('%d', now + tonumber(left)) end
  redis.call('HSET', key, 's', s, 'u', u, 'f', f)
  redis.call('PEXPIRE', key, ${RECORD_LIFE_MS})
end
`;

const read = script(`${LOAD} return load(KEYS[1])`);

/** ARGV: state, milliseconds or '', forced. Only `force` may change what is forced. */
const tell = script(`${LOAD}
local current = load(KEYS[1])
if current and current[3] == 1 then return current end
save(KEYS[1], ARGV[1], ARGV[2], '0')
return load(KEYS[1])
`);

const force = script(`${LOAD}
save(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
return 1
`);

const release = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
`);

type Reply = [state: string, left: number, forced: number] | null;

const STATES: readonly string[] = ['closed', 'open', 'half-open'] satisfies BreakerState[];

function recordOf(service: string, reply: unknown): BreakerRecord | null {
  const record = reply as Reply;
  if (!record || !STATES.includes(record[0])) return null;
  const [state, left, forced] = record;
  return { service, state: state as BreakerState, remainingMs: left < 0 ? null : left, forced: forced === 1 };
}

function parse({ data }: NodeEvent): BreakerRecord | null {
  const { service, state, remainingMs, forced } = data;
  if (typeof service !== 'string' || typeof state !== 'string' || !STATES.includes(state)) return null;
  return {
    service,
    state: state as BreakerState,
    remainingMs: typeof remainingMs === 'number' ? remainingMs : null,
    forced: forced === true,
  };
}

/** Breakers of a system, as all nodes see them. */
export class RedisBreakerStore implements BreakerStore {
  private readonly listeners = new Set<(record: BreakerRecord | null) => void>();

  constructor(
    private readonly redis: RedisConnection,
    private readonly keys: Keys,
    private readonly events: EventStream,
  ) {}

  async read(service: string): Promise<BreakerRecord | null> {
    return recordOf(service, await this.redis.script(read, [this.keyOf(service)], [], { background: true }));
  }

  async list(): Promise<readonly BreakerRecord[]> {
    const services = (await this.redis.command('smembers', [this.keys.of('breakers')], { background: true })) as string[];
    const closed = (service: string): BreakerRecord => ({ service, state: 'closed', remainingMs: 0, forced: false });
    return Promise.all(services.sort().map(async (service) => (await this.read(service)) ?? closed(service)));
  }

  async register(service: string): Promise<void> {
    await this.redis.command('sadd', [this.keys.of('breakers'), service], { background: true });
  }

  async tell(record: BreakerRecord): Promise<BreakerRecord> {
    const { service, state, remainingMs } = record;
    const left = remainingMs === null ? '' : String(remainingMs);
    const now = recordOf(service, await this.redis.script(tell, [this.keyOf(service)], [state, left], { background: true })) ?? record;
    if (!now.forced) await this.announce(now);
    return now;
  }

  async force(record: BreakerRecord): Promise<void> {
    const { service, state, remainingMs, forced } = record;
    const args = [state, remainingMs === null ? '' : String(remainingMs), forced ? '1' : '0'];
    await this.redis.script(force, [this.keyOf(service)], args, { background: true });
    for (const changed of [...this.listeners]) changed(record);
    await this.announce(record);
  }

  async lease(service: string, owner: string, ttlMs: number): Promise<boolean> {
    return (await this.redis.command('set', [this.leaseOf(service), owner, 'NX', 'PX', String(ttlMs)])) === 'OK';
  }

  async release(service: string, owner: string): Promise<void> {
    await this.redis.script(release, [this.leaseOf(service)], [owner], { background: true });
  }

  watch(changed: (record: BreakerRecord | null) => void): { close(): void } {
    this.listeners.add(changed);
    const others = this.events.subscribe((event) => {
      if (event === null) return changed(null);
      if (event.type === CHANGED) changed(parse(event));
    });
    return {
      close: () => {
        this.listeners.delete(changed);
        others.close();
      },
    };
  }

  private async announce(record: BreakerRecord): Promise<void> {
    await this.events.publish(CHANGED, { ...record });
  }

  private keyOf(service: string): string {
    return this.keys.of(`breaker:${service}`);
  }

  private leaseOf(service: string): string {
    return this.keys.of(`probe:${service}`);
  }
}
