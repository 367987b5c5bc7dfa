/**
 * What the nodes of a system tell each other, as two streams: passing events (limits reset, breakers, keys changed), and revocations,
 * which stand until nothing that they are about can live. Read several times a second instead of waited for: an end that went away
 * without a word is noticed, and nothing is missed in between.
 */
import type { BaseEffects, TimerHandle } from '@gatehouse/policy';
import type { RedisConnection } from '../../runtime/redis/index.js';
import type { Keys } from './keys.js';

export type EventEffects = Pick<BaseEffects, 'after' | 'cancel' | 'log' | 'now' | 'monotonic' | 'random'>;

/** One event of another node. */
export interface NodeEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Null: some may have been missed; also said once at first. */
export type EventListener = (event: NodeEvent | null) => void;

const POLL_MS = 250;
/** Events that are kept: far more than come between two reads. */
const EVENTS_MAX = '10000';
const PAGE = 500;
/** A pause this long may have lost events. */
const PAUSE_MAX_MS = 60_000;

export type StreamEntry = readonly [id: string, fields: readonly string[]];

/** Value of a field of an entry, or an empty text. */
export function fieldOf(fields: readonly string[], name: string): string {
  const at = fields.indexOf(name);
  return at >= 0 && at % 2 === 0 ? (fields[at + 1] ?? '') : '';
}

/** Entries of a stream after an id, at most a page. */
export async function readStream(redis: RedisConnection, key: string, after: string): Promise<readonly StreamEntry[]> {
  const reply = await redis.command('xread', ['COUNT', String(PAGE), 'STREAMS', key, after], { background: true });
  return (reply as [string, StreamEntry[]][] | null)?.[0]?.[1] ?? [];
}

/** Something that is read at every turn. */
export interface Turn {
  /** @param anew the connection is another one than before, or nothing was read for long */
  read(anew: boolean): Promise<void>;
}

/** The stream of one system as one node reads it. Reads only while somebody listens. */
export class EventStream {
  private readonly key: string;
  private readonly node: string;
  private readonly listeners = new Set<EventListener>();
  private readonly turns = new Set<{ readonly turn: Turn; epoch: number }>();
  private readonly watching: { close(): void };
  private last: string | null = null;
  private epoch = 0;
  private readAt = 0;
  private timer: TimerHandle | null = null;
  private reading = false;
  private closed = false;

  constructor(
    private readonly redis: RedisConnection,
    keys: Keys,
    private readonly effects: EventEffects,
  ) {
    this.key = keys.of('events');
    this.node = Buffer.from(effects.random.bytes(9)).toString('base64url');
    this.watching = redis.health.onUp(() => this.wake());
  }

  /** Tells all other nodes. */
  async publish(type: string, data: Readonly<Record<string, unknown>>): Promise<void> {
    const args = [this.key, 'MAXLEN', '~', EVENTS_MAX, '*', 'n', this.node, 't', type, 'd', JSON.stringify(data)];
    await this.redis.command('xadd', args, { background: true });
  }

  subscribe(listener: EventListener): { close(): void } {
    this.listeners.add(listener);
    this.wake();
    return { close: () => void this.listeners.delete(listener) };
  }

  /** Adds something to read at every turn. */
  addTurn(turn: Turn): { close(): void } {
    // It has read nothing of this connection yet.
    const entry = { turn, epoch: 0 };
    this.turns.add(entry);
    this.wake();
    return { close: () => void this.turns.delete(entry) };
  }

  close(): void {
    this.closed = true;
    this.watching.close();
    if (this.timer !== null) this.effects.cancel(this.timer);
    this.timer = null;
  }

  /** Reads soon, and goes on doing so while somebody listens. */
  private wake(): void {
    if (this.closed || this.reading || this.listeners.size + this.turns.size === 0) return;
    if (this.timer !== null) this.effects.cancel(this.timer);
    this.timer = this.effects.after(0, () => void this.turn());
  }

  private async turn(): Promise<void> {
    this.timer = null;
    if (this.redis.health.state === 'down') return this.again();
    this.reading = true;
    const began = this.effects.monotonic();
    const { epoch } = this.redis;
    const paused = began - this.readAt > PAUSE_MAX_MS;
    try {
      await this.readEvents(paused || epoch !== this.epoch);
      this.epoch = epoch;
      for (const entry of this.turns) {
        await entry.turn.read(paused || epoch !== entry.epoch);
        entry.epoch = epoch;
      }
      this.readAt = began;
    } catch {
      // The connection counts and logs it; what was not read is read at the next turn.
    }
    this.reading = false;
    this.again();
  }

  private again(): void {
    if (this.closed || this.listeners.size + this.turns.size === 0) return;
    this.timer = this.effects.after(POLL_MS, () => void this.turn());
  }

  private async readEvents(anew: boolean): Promise<void> {
    if (this.last === null || anew) {
      this.last = await this.end();
      this.tell(null);
      return;
    }
    for (;;) {
      const entries = await readStream(this.redis, this.key, this.last);
      for (const [id, fields] of entries) {
        this.last = id;
        if (fieldOf(fields, 'n') !== this.node) this.tell(this.parse(fields));
      }
      if (entries.length < PAGE) return;
    }
  }

  /** The id of the latest entry. */
  private async end(): Promise<string> {
    const reply = await this.redis.command('xrevrange', [this.key, '+', '-', 'COUNT', '1'], { background: true });
    return (reply as StreamEntry[])[0]?.[0] ?? '0-0';
  }

  private parse(fields: readonly string[]): NodeEvent | null {
    try {
      const data: unknown = JSON.parse(fieldOf(fields, 'd'));
      if (typeof data === 'object' && data !== null) return { type: fieldOf(fields, 't'), data: data as NodeEvent['data'] };
    } catch {
      // Falls through: an event that can't be read may have said anything.
    }
    return null;
  }

  private tell(event: NodeEvent | null): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(event);
      } catch (error) {
        this.effects.log('error', 'an event of another node could not be followed', { error: String(error) });
      }
    }
  }
}
