/** The outbox: events go to a store first, and from there to the broker, whatever happens in between. */
import { Backoff } from '../backoff.js';
import { type Envelope, encoderOf } from '../cloud-events.js';
import { encodeEvent } from '../event-line.js';
import type { Broker, Log, Outbox, OutboxStats, OutgoingEvent } from '../events.js';
import { Bell, systemTime, type Time, Turns, within } from '../time.js';
import { OutboxCounts } from './counts.js';
import { Sender } from './sender.js';
import type { OutboxStore } from './store.js';
import { WaitingEvents } from './waiting.js';

export interface OutboxOptions {
  readonly store: OutboxStore;
  readonly broker: Broker;
  readonly log: Log;
  /** How messages look; default: the event's `value` as it is. */
  readonly envelope?: Envelope;
  readonly time?: Time;
  /** A number in [0, 1), for the jitter of retries. */
  readonly random?: () => number;
  /** Events (default 10 000) and bytes (default 16 MiB) that wait in memory to be stored. */
  readonly waiting?: { readonly events: number; readonly bytes: number };
  /** Events (default 500) and bytes (default 512 KiB) per batch for the broker. */
  readonly batch?: { readonly events: number; readonly bytes: number };
  /** Longest waits between attempts: after the first failure (default 100 ms), and of all (default 5 s). */
  readonly retry?: { readonly firstMs: number; readonly maxMs: number };
}

const STORED_MS = 250;
const CLOSE_MS = 5_000;

/** An outbox that stores and delivers from now on, beginning with what an earlier process left in the store. */
export function openOutbox(options: OutboxOptions): Outbox {
  return new StoringOutbox(options);
}

class StoringOutbox implements Outbox {
  private readonly time: Time;
  private readonly counts: OutboxCounts;
  private readonly waiting: WaitingEvents;
  private readonly backoff: Backoff;
  private readonly bell: Bell;
  private readonly sender: Sender;
  /** Either the writer or a delivery past the store has the waiting events, so that they keep their order. */
  private readonly turns = new Turns();
  private readonly batch: { readonly events: number; readonly bytes: number };
  private readonly loops: Promise<unknown>;
  private drains: (() => void)[] = [];
  private closed = false;
  private stopped = false;

  constructor(private readonly options: OutboxOptions) {
    const { time = systemTime, random = Math.random, retry = { firstMs: 100, maxMs: 5_000 }, store, broker, log } = options;
    this.time = time;
    this.batch = options.batch ?? { events: 500, bytes: 512 * 1024 };
    this.counts = new OutboxCounts(log, () => time.now());
    this.waiting = new WaitingEvents(options.waiting ?? { events: 10_000, bytes: 16 * 1024 * 1024 }, time);
    this.backoff = new Backoff(retry.firstMs, retry.maxMs, random);
    this.bell = new Bell(time);
    this.sender = new Sender({
      ...{ store, broker, time, random, retry, counts: this.counts },
      encode: encoderOf(options.envelope),
      limits: { batchEvents: this.batch.events, batchBytes: this.batch.bytes },
      bypass: (maxLines, send) => this.bypass(maxLines, send),
      moved: () => this.moved(),
      pending: () => this.pending,
    });
    this.loops = Promise.all([this.write(), this.sender.run()]);
  }

  publish(event: OutgoingEvent): void {
    this.counts.published++;
    const line = this.closed ? null : encodeEvent(event);
    if (this.waiting.push(line)) this.bell.ring();
    else this.counts.drop(this.closed ? 'closed' : line === null ? 'invalid' : 'full', 1, event ?? {});
  }

  stored(withinMs = STORED_MS): Promise<boolean> {
    // Nobody waits for a store that is known to be away.
    if (!this.counts.storeUp && this.waiting.length > 0) return Promise.resolve(false);
    return this.waiting.settled(withinMs);
  }

  stats(): OutboxStats {
    const { published, delivered, sendFailures, storeFailures, brokerUp, storeUp, dropped } = this.counts;
    const size = this.options.store.size();
    const oldest = this.sender.oldest ?? (this.pending > 0 ? this.waitingSince() : null);
    return {
      ...{ published, delivered, sendFailures, storeFailures, brokerUp, storeUp },
      pending: this.pending,
      pendingBytes: this.waiting.bytes + size.bytes,
      oldestAgeSeconds: oldest === null ? 0 : Math.max(0, (this.time.now() - oldest) / 1000),
      dropped: { ...dropped, damaged: dropped.damaged + size.damaged },
    };
  }

  async drained(withinMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<true>();
    const done = (): void => resolve(true);
    this.drains.push(done);
    this.moved();
    this.sender.hurry();
    const drained = await within(this.time, withinMs, promise, false);
    this.drains = this.drains.filter((one) => one !== done);
    return drained;
  }

  async close(withinMs = CLOSE_MS): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const [drained] = await Promise.all([this.drained(withinMs), this.waiting.settled(CLOSE_MS)]);
    this.stopped = true;
    this.bell.ring();
    this.sender.stop();
    // What runs at the broker fails when it closes, so that the loops end.
    await this.options.broker.close();
    await within(this.time, CLOSE_MS, this.loops, undefined);
    this.counts.drop('closed', this.waiting.length);
    if (!drained)
      this.options.log.warn(
        { pending: this.options.store.size().events },
        'outbox: closed; what is stored is delivered after the next start',
      );
    await this.options.store.close();
  }

  private get pending(): number {
    return this.waiting.length + this.options.store.size().events;
  }

  private waitingSince(): number | null {
    const line = this.waiting.first;
    return line === undefined ? null : Date.parse((JSON.parse(line) as OutgoingEvent).time);
  }

  /** Stores what waits, in as few writes as possible: what comes during one is in the next. */
  private async write(): Promise<void> {
    while (!this.stopped) {
      if (this.waiting.length === 0) await this.bell.wait(null);
      else if (!(await this.turns.run(() => this.append()))) await this.pause(this.backoff.next());
    }
  }

  private async append(): Promise<boolean> {
    const lines = this.waiting.head(this.batch.events, this.batch.bytes);
    if (lines.length === 0) return true;
    try {
      const taken = await this.options.store.append(lines);
      this.counts.stored();
      this.backoff.reset();
      this.waiting.settle(taken, lines.length - taken);
      this.counts.drop('full', lines.length - taken);
      this.sender.bell.ring();
      return true;
    } catch (error) {
      this.counts.storeFailed(error, this.waiting.length);
      this.sender.bell.ring();
      return false;
    }
  }

  /** Waits between attempts to store; nothing but time or the end cuts it short. */
  private async pause(ms: number): Promise<void> {
    const until = this.time.now() + ms;
    for (let left = ms; left > 0 && !this.stopped; left = until - this.time.now()) await this.bell.wait(left);
  }

  private bypass(maxLines: number, send: (lines: readonly string[]) => Promise<void>): Promise<boolean> {
    return this.turns.run(async () => {
      const lines = this.waiting.head(maxLines, this.batch.bytes);
      if (lines.length === 0) return false;
      await send(lines);
      this.waiting.settle(lines.length, 0);
      return true;
    });
  }

  private moved(): void {
    if (this.drains.length === 0 || this.pending > 0) return;
    for (const done of this.drains) done();
    this.drains = [];
  }
}
