/** What an outbox counts, and the lines that it writes when something changes: never one per event. */
import { wordsOf } from '../errors.js';
import { type DropReason, dropReasons, type Log } from '../events.js';

/** At most one line about dropped events in this time. */
const DROP_LINE_MS = 10_000;

/** What an outbox has seen since it was opened. */
export class OutboxCounts {
  published = 0;
  delivered = 0;
  sendFailures = 0;
  storeFailures = 0;
  brokerUp = true;
  storeUp = true;
  private canRead = true;
  readonly dropped = Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<DropReason, number>;
  private dropLineAt = Number.NEGATIVE_INFINITY;
  private droppedSince = 0;

  constructor(
    private readonly log: Log,
    private readonly now: () => number,
  ) {}

  /** @param what id and type of an event that was given up, as far as known */
  drop(reason: DropReason, count: number, what: { readonly id?: unknown; readonly type?: unknown } = {}): void {
    if (count === 0) return;
    this.dropped[reason] += count;
    this.droppedSince += count;
    const now = this.now();
    if (now - this.dropLineAt < DROP_LINE_MS) return;
    this.dropLineAt = now;
    const event = {
      ...(typeof what.id === 'string' && { eventId: what.id }),
      ...(typeof what.type === 'string' && { eventType: what.type }),
    };
    this.log.error({ reason, dropped: this.droppedSince, ...event }, 'outbox: events were dropped');
    this.droppedSince = 0;
  }

  sent(count: number): void {
    this.delivered += count;
    if (!this.brokerUp) this.log.info({}, 'outbox: the broker takes events again');
    this.brokerUp = true;
  }

  sendFailed(error: unknown, pending: number): void {
    this.sendFailures++;
    if (this.brokerUp) this.log.warn({ reason: wordsOf(error), pending }, 'outbox: the broker does not take events; they wait');
    this.brokerUp = false;
  }

  stored(): void {
    if (!this.storeUp) this.log.info({}, 'outbox: events are stored again');
    this.storeUp = true;
  }

  storeFailed(error: unknown, waiting: number): void {
    this.storeFailures++;
    if (this.storeUp) this.log.error({ reason: wordsOf(error), waiting }, 'outbox: events can not be stored; they wait in memory');
    this.storeUp = false;
  }

  readable(): void {
    if (!this.canRead) this.log.info({}, 'outbox: the store can be read again');
    this.canRead = true;
  }

  readFailed(error: unknown, pending: number): void {
    this.storeFailures++;
    if (this.canRead) this.log.error({ reason: wordsOf(error), pending }, 'outbox: the store can not be read; events wait in it');
    this.canRead = false;
  }
}
