/** Counters and siblings of a worker's plugins: kept by, and heard of through, the first process. */
import type { Sharing } from '../config/build-plane.js';
import type { CounterAsk, Counters, Siblings } from '../plugin.js';
import { LocalCounters } from '../plugins/lib/counters.js';
import type { Channel } from './channel.js';
import type { CounterAdd, CounterCall, SiblingTale } from './hub.js';

/** How long a request waits for the first process, which does little else than count. */
export const HUB_DEADLINE_MS = 250;

/** Of a limit, what one of `workers` processes may let through while it counts alone: together they stay within it. */
export function shareOf(limit: number, workers: number): number {
  return Math.max(1, Math.floor(limit / workers));
}

/** Counts in the first process. While that does not answer, this one counts alone, up to its share. */
export class HubCounters implements Counters {
  private readonly local = new LocalCounters();

  constructor(
    private readonly plugin: string,
    private readonly channel: Channel,
    private readonly workers: number,
    private readonly degraded: (error: unknown) => void,
  ) {}

  take(asks: readonly CounterAsk[], now: number): Promise<readonly number[]> {
    return this.ask('take', asks, now);
  }

  read(asks: readonly CounterAsk[], now: number): Promise<readonly number[]> {
    return this.ask('read', asks, now);
  }

  add(ask: CounterAsk, amount: number, now: number): void {
    this.channel.cast('count-add', { plugin: this.plugin, ask, amount, now } satisfies CounterAdd);
  }

  private ask(op: 'take' | 'read', asks: readonly CounterAsk[], now: number): Promise<readonly number[]> {
    const call: CounterCall = { plugin: this.plugin, op, asks, now };
    return this.channel.call('count', call, HUB_DEADLINE_MS).then(
      (used) => used as readonly number[],
      (error) => {
        this.degraded(error);
        return this.alone(op, asks, now);
      },
    );
  }

  /** Shown as used: what the others may have used, too. */
  private alone(op: 'take' | 'read', asks: readonly CounterAsk[], now: number): readonly number[] {
    const shares = asks.map((ask) => ({ ...ask, limit: shareOf(ask.limit, this.workers) }));
    return this.local[op](shares, now).map((used, i) => used + asks[i]!.limit - shares[i]!.limit);
  }
}

/** What a worker's plugins share. */
export class HubSharing implements Sharing {
  private readonly made = new Map<string, Counters>();
  private readonly listeners = new Map<string, (data: unknown) => void>();

  constructor(
    private readonly channel: Channel,
    private readonly workers: number,
    private readonly degraded: (error: unknown) => void,
  ) {}

  counters(plugin: string): Counters {
    const known = this.made.get(plugin) ?? new HubCounters(plugin, this.channel, this.workers, this.degraded);
    this.made.set(plugin, known);
    return known;
  }

  siblings(plugin: string): Siblings {
    return {
      tell: (data, bytes) => void this.channel.castSpare('sibling', { plugin, data, bytes } satisfies SiblingTale, bytes),
      listen: (heard) => void this.listeners.set(plugin, heard),
    };
  }

  /** A sibling in another process said something. */
  heard({ plugin, data }: SiblingTale): void {
    this.listeners.get(plugin)?.(data);
  }
}
