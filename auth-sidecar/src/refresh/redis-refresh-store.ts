import { script } from '@gatehouse/plugins';
import type { SharedMemory } from '../dependencies.js';
import type { RefreshOutcome, RefreshState, RefreshStore, TokenNote } from './refresh-store.js';

/** KEYS: what is known of the token (`L` live or `S` spent, and the note), its lease, its outcome. ARGV: owner, lease in milliseconds. */
const begin = script(`
local outcome = redis.call('GET', KEYS[3])
if outcome then return {'kept', outcome} end
local note = redis.call('GET', KEYS[1])
if note and string.sub(note, 1, 1) == 'S' then return {'spent', string.sub(note, 2)} end
local owner = redis.call('GET', KEYS[2])
if owner and owner ~= ARGV[1] then return {'busy', ''} end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return {'mine', note and string.sub(note, 2) or ''}
`);

/** KEYS: the lease. ARGV: owner, lease in milliseconds. */
const renew = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`);

/** KEYS: token, lease, outcome, successor. ARGV: owner, outcome, its life, the note ('' = not spent), the notes' life, successor (0 or 1). */
const complete = script(`
local holds = redis.call('GET', KEYS[2]) == ARGV[1]
if holds then redis.call('DEL', KEYS[2]) end
if ARGV[4] == '' then
  if holds then redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3]) end
  return 0
end
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
redis.call('SET', KEYS[1], 'S' .. ARGV[4], 'PX', ARGV[5])
if ARGV[6] == '1' then redis.call('SET', KEYS[4], 'L' .. ARGV[4], 'PX', ARGV[5]) end
return 1
`);

const release = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
`);

const BACKGROUND = { background: true } as const;

/** Refresh tokens that all replicas see. */
export class RedisRefreshStore implements RefreshStore {
  constructor(private readonly memory: SharedMemory) {}

  async note(token: string, note: TokenNote, ms: number): Promise<void> {
    await this.memory.redis.command('set', [this.token(token), `L${JSON.stringify(note)}`, 'PX', String(ms)], BACKGROUND);
  }

  async begin(token: string, owner: string, leaseMs: number): Promise<RefreshState> {
    const keys = [this.token(token), this.lease(token), this.outcome(token)];
    const [state, text] = (await this.memory.redis.script(begin, keys, [owner, String(leaseMs)], BACKGROUND)) as [string, string];
    if (state === 'kept') return { state, outcome: text };
    if (state === 'busy') return { state };
    if (state === 'spent') return { state, note: JSON.parse(text) as TokenNote };
    return { state: 'mine', note: text === '' ? null : (JSON.parse(text) as TokenNote) };
  }

  async renew(token: string, owner: string, leaseMs: number): Promise<boolean> {
    return (await this.memory.redis.script(renew, [this.lease(token)], [owner, String(leaseMs)], BACKGROUND)) === 1;
  }

  async complete(token: string, owner: string, { outcome, outcomeMs, spent, successor, noteMs }: RefreshOutcome): Promise<void> {
    const keys = [this.token(token), this.lease(token), this.outcome(token), this.token(successor ?? token)];
    const note = spent === null ? '' : JSON.stringify(spent);
    const args = [owner, outcome, String(outcomeMs), note, String(noteMs), successor === null ? '0' : '1'];
    await this.memory.redis.script(complete, keys, args, BACKGROUND);
  }

  async release(token: string, owner: string): Promise<void> {
    await this.memory.redis.script(release, [this.lease(token)], [owner], BACKGROUND);
  }

  private token(token: string): string {
    return this.memory.keys.of(`refresh:${token}`);
  }

  private lease(token: string): string {
    return this.memory.keys.of(`refresh-lease:${token}`);
  }

  private outcome(token: string): string {
    return this.memory.keys.of(`refresh-outcome:${token}`);
  }
}
