/** Takes the oldest events of a store to the broker, batch by batch, until each has arrived. */
import { Backoff } from '../backoff.js';
import type { Encode } from '../cloud-events.js';
import { BrokerError, wordsOf } from '../errors.js';
import { decodeEvent } from '../event-line.js';
import type { Broker, OutgoingEvent } from '../events.js';
import { Bell, type Time } from '../time.js';
import type { OutboxCounts } from './counts.js';
import type { OutboxStore } from './store.js';

export interface SenderTools {
  readonly store: OutboxStore;
  readonly broker: Broker;
  readonly encode: Encode;
  readonly counts: OutboxCounts;
  readonly time: Time;
  readonly random: () => number;
  readonly limits: { readonly batchEvents: number; readonly batchBytes: number };
  readonly retry: { readonly firstMs: number; readonly maxMs: number };
  /** Events that the store can't take and that may pass it by, since it is empty. @returns whether there were any */
  bypass(maxLines: number, send: (lines: readonly string[]) => Promise<void>): Promise<boolean>;
  /** Called after each step. */
  moved(): void;
  pending(): number;
}

/** Delivers until it is closed: one batch at a time, tried again for ever. */
export class Sender {
  readonly bell: Bell;
  /** When the oldest event that is being delivered happened, in Unix milliseconds; null when none is. */
  oldest: number | null = null;
  private readonly backoff: Backoff;
  private stopped = false;
  private hurried = false;
  /** Events at the head that go one by one, to find the one that the broker refuses. */
  private oneByOne = 0;

  constructor(private readonly tools: SenderTools) {
    this.bell = new Bell(tools.time);
    this.backoff = new Backoff(tools.retry.firstMs, tools.retry.maxMs, tools.random);
  }

  stop(): void {
    this.stopped = true;
    this.bell.ring();
  }

  /** Tries at once, even after a failure. */
  hurry(): void {
    this.hurried = true;
    this.bell.ring();
  }

  /** Runs until `stop`. Never fails. */
  async run(): Promise<void> {
    while (!this.stopped) {
      await this.attempt();
      this.tools.moved();
    }
  }

  /** One batch, and the wait before the next. */
  private async attempt(): Promise<void> {
    const { counts, store, pending } = this.tools;
    try {
      const moved = await this.step();
      this.backoff.reset();
      counts.readable();
      if (!moved && !this.stopped) {
        this.tools.moved();
        await this.bell.wait(store.pollMs);
      }
    } catch (error) {
      if (this.stopped) return;
      if (error instanceof BrokerError) await this.brokerFailed(error);
      else counts.readFailed(error, pending());
      await this.rest(this.backoff.next());
    }
  }

  /** Waits after a failure: new events don't cut it short. */
  private async rest(ms: number): Promise<void> {
    const { time } = this.tools;
    const until = time.now() + ms;
    this.hurried = false;
    for (let left = ms; left > 0 && !this.stopped && !this.hurried; left = until - time.now()) await this.bell.wait(left);
  }

  private async step(): Promise<boolean> {
    const { store, limits, counts } = this.tools;
    const most = this.oneByOne > 0 ? 1 : limits.batchEvents;
    const batch = await store.next(most, limits.batchBytes);
    if (batch && batch.lines.length > 0) {
      await this.deliver(batch.lines);
      await store.remove(batch);
      return true;
    }
    this.oldest = null;
    if (batch && !counts.storeUp && (await this.tools.bypass(most, (lines) => this.deliver(lines)))) return true;
    this.oneByOne = 0;
    return false;
  }

  private async deliver(lines: readonly string[]): Promise<void> {
    const { counts, broker, encode } = this.tools;
    const events = lines.map(decodeEvent).filter((event): event is OutgoingEvent => event !== null);
    counts.drop('invalid', lines.length - events.length);
    this.oldest = events[0] ? Date.parse(events[0].time) : null;
    if (events.length > 0) {
      const refused = await this.send(broker, events.map(encode));
      if (refused && events.length > 1) {
        this.oneByOne = events.length;
        throw refused;
      }
      if (refused) counts.drop('refused', 1, events[0]);
      else counts.sent(events.length);
    }
    this.oneByOne = Math.max(0, this.oneByOne - lines.length);
    this.oldest = null;
  }

  /** @returns the error when a message of the batch was refused for good */
  private async send(broker: Broker, messages: Parameters<Broker['send']>[0]): Promise<BrokerError | null> {
    try {
      await broker.send(messages);
      return null;
    } catch (error) {
      if (error instanceof BrokerError && error.code === 'MESSAGE_REFUSED') return error;
      throw error instanceof BrokerError ? error : new BrokerError('BROKER_UNAVAILABLE', wordsOf(error), { cause: error });
    }
  }

  private async brokerFailed(error: BrokerError): Promise<void> {
    const { counts, store, pending } = this.tools;
    // One refused message does not mean that the broker is away, and is found within the next attempts.
    if (error.code === 'MESSAGE_REFUSED') return;
    counts.sendFailed(error, pending());
    await store.yield().catch(() => undefined);
  }
}
