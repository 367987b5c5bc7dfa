import type { Revocation, RevocationFeed } from '@gatehouse/policy';
import { type RedisConnection, script } from '../../runtime/redis/index.js';
import { type EventEffects, type EventStream, fieldOf, readStream, type StreamEntry, type Turn } from './event-stream.js';
import type { Keys } from './keys.js';

/**
 * Adds one (ARGV: until when it matters in Unix milliseconds, the revocation), and lets go of those at the front that have not
 * mattered for an hour: no clock is that wrong.
 */
const publish = script(`
local past = redis.call('TIME')[1] * 1000 - 3600000
for _ = 1, 10 do
  local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
  if not first then break end
  local matters = tonumber(first[2][2])
  if not matters or matters > past then break end
  redis.call('XDEL', KEYS[1], first[1])
end
return redis.call('XADD', KEYS[1], '*', 'u', ARGV[1], 'r', ARGV[2])
`);

const KINDS: readonly string[] = ['session', 'token', 'user'] satisfies Revocation['kind'][];
/** Revocations that are remembered to be told again to a Redis that lost them. */
const REMEMBERED_MAX = 10_000;

function parse(text: string): Revocation | null {
  try {
    const value = JSON.parse(text) as Partial<Revocation> | null;
    const known = typeof value?.system === 'string' && typeof value.id === 'string' && KINDS.includes(String(value.kind));
    return known && Number.isFinite(value.since) && Number.isFinite(value.until) ? (value as Revocation) : null;
  } catch {
    return null;
  }
}

interface Follower {
  readonly apply: (revocation: Revocation) => void;
  readonly heard: (at: number) => void;
}

/**
 * Revocations of a system, as a stream. Read from its beginning before a node's first decision and after every new connection; a Redis
 * that came back with less than this node knows is told again.
 */
export class RedisRevocationFeed implements RevocationFeed, Turn {
  private readonly key: string;
  private readonly followers = new Set<Follower>();
  /** By their text. */
  private readonly known = new Map<string, Revocation>();
  private last = '0-0';
  private turn: { close(): void } | null = null;

  constructor(
    private readonly redis: RedisConnection,
    keys: Keys,
    private readonly events: EventStream,
    private readonly effects: EventEffects,
  ) {
    this.key = keys.of('revocations');
  }

  follow(apply: (revocation: Revocation) => void, heard: (at: number) => void): { close(): void } {
    const follower = { apply, heard };
    this.followers.add(follower);
    this.turn?.close();
    this.turn = this.events.addTurn(this);
    return {
      close: () => {
        this.followers.delete(follower);
        if (this.followers.size === 0) this.turn?.close();
      },
    };
  }

  async publish(revocation: Revocation): Promise<void> {
    await this.add(revocation);
    this.remember(revocation);
    for (const { apply } of this.followers) apply(revocation);
  }

  async read(anew: boolean): Promise<void> {
    const at = this.effects.now();
    if (anew) this.last = '0-0';
    const seen = anew ? new Set<string>() : null;
    for (;;) {
      const entries = await readStream(this.redis, this.key, this.last);
      for (const entry of entries) this.entry(entry, seen);
      if (entries.length === 0) break;
    }
    if (seen) await this.tellAgain(seen);
    for (const { heard } of this.followers) heard(at);
  }

  private entry([id, fields]: StreamEntry, seen: Set<string> | null): void {
    this.last = id;
    const text = fieldOf(fields, 'r');
    const revocation = parse(text);
    if (!revocation) {
      this.effects.log('error', 'a revocation can not be read', { id });
      return;
    }
    seen?.add(textOf(revocation));
    this.remember(revocation);
    for (const { apply } of this.followers) apply(revocation);
  }

  private remember(revocation: Revocation): void {
    if (this.known.size >= REMEMBERED_MAX) this.forgetOld();
    if (this.known.size < REMEMBERED_MAX) this.known.set(textOf(revocation), revocation);
  }

  private forgetOld(): void {
    const now = this.effects.now();
    for (const [text, { until }] of this.known) if (until <= now) this.known.delete(text);
  }

  /** Redis came back empty, or older than this node knew it: what was withdrawn stays withdrawn. */
  private async tellAgain(seen: ReadonlySet<string>): Promise<void> {
    this.forgetOld();
    const lost = [...this.known].filter(([text]) => !seen.has(text));
    if (lost.length > 0) this.effects.log('warn', 'Redis had lost revocations: they are told again', { count: lost.length });
    for (const [, revocation] of lost) await this.add(revocation);
  }

  private async add(revocation: Revocation): Promise<void> {
    await this.redis.script(publish, [this.key], [String(revocation.until), textOf(revocation)], { background: true });
  }
}

function textOf({ system, kind, id, since, until }: Revocation): string {
  return JSON.stringify({ system, kind, id, since, until });
}
