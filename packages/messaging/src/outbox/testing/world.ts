/** An outbox for tests: a store and a broker that can be broken, and time that stands still. */
import { ManualClock } from '@gatehouse/policy/testing';
import { BrokerError, StoreError } from '../../errors.js';
import type { Broker, BrokerMessage, Outbox, OutgoingEvent } from '../../events.js';
import { type OutboxOptions, openOutbox } from '../outbox.js';
import type { OutboxStore, StoredBatch } from '../store.js';

/** A store in memory, which can be broken. */
export class MemoryStore implements OutboxStore {
  readonly pollMs = null;
  lines: string[] = [];
  broken = false;
  unreadable = false;
  appends = 0;
  yields = 0;
  constructor(private readonly max = Number.POSITIVE_INFINITY) {}

  async append(lines: readonly string[]): Promise<number> {
    this.appends++;
    if (this.broken) throw new StoreError('no space left on device');
    const taken = lines.slice(0, Math.max(0, this.max - this.lines.length));
    this.lines.push(...taken);
    return taken.length;
  }

  async next(maxLines: number): Promise<StoredBatch> {
    if (this.unreadable) throw new StoreError('input/output error');
    return { lines: this.lines.slice(0, maxLines) };
  }

  async remove(batch: StoredBatch): Promise<void> {
    this.lines.splice(0, batch.lines.length);
  }

  async yield(): Promise<void> {
    this.yields++;
  }

  size(): { events: number; bytes: number; damaged: number } {
    return { events: this.lines.length, bytes: this.lines.join('').length, damaged: 0 };
  }

  async close(): Promise<void> {}
}

export class FakeBroker implements Broker {
  readonly arrived: BrokerMessage[] = [];
  readonly batches: number[] = [];
  fault: (batch: readonly BrokerMessage[]) => Error | null = () => null;
  hangs = false;
  /** What a batch waits for on its way. */
  gate: Promise<unknown> = Promise.resolve();
  private closing = Promise.withResolvers<never>();

  async send(batch: readonly BrokerMessage[]): Promise<void> {
    this.batches.push(batch.length);
    if (this.hangs) await this.closing.promise;
    await this.gate;
    const fault = this.fault(batch);
    if (fault) throw fault;
    this.arrived.push(...batch);
  }

  async close(): Promise<void> {
    this.closing.promise.catch(() => undefined);
    this.closing.reject(new BrokerError('BROKER_UNAVAILABLE', 'closed'));
  }

  get ids(): string[] {
    return this.arrived.map(({ headers }) => headers['event-id']!);
  }
}

/** What a broker says that is not there. */
export const away = (): Error => new BrokerError('BROKER_UNAVAILABLE', 'connect ECONNREFUSED');
/** Event number n, of one of three users. */
export const event = (n: number, more: Partial<OutgoingEvent> = {}): OutgoingEvent => ({
  ...{ topic: 'auth-events', key: `u${n % 3}`, id: `e${n}`, type: 'user.authenticated', time: '2027-01-15T08:00:00.000Z', value: { n } },
  ...more,
});
export const ids = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `e${from + i}`);

/** Moves on only after everything that was begun has come to its wait. */
export class SettledClock extends ManualClock {
  override async advance(ms: number): Promise<void> {
    await super.advance(0);
    await super.advance(ms);
  }
}

export interface World {
  outbox: Outbox;
  store: MemoryStore;
  broker: FakeBroker;
  clock: SettledClock;
  lines: { level: string; fields: Record<string, unknown>; message: string }[];
}
const open: World[] = [];

/** An outbox with everything around it in the test's hands. */
export function world(more: Partial<OutboxOptions> & { store?: MemoryStore; broker?: FakeBroker } = {}): World {
  const { store = new MemoryStore(), broker = new FakeBroker() } = more;
  const clock = new SettledClock();
  const lines: World['lines'] = [];
  const say =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields: fields as Record<string, unknown>, message });
  const log = { info: say('info'), warn: say('warn'), error: say('error') };
  const outbox = openOutbox({ log, time: clock, random: () => 0.5, ...more, store, broker });
  const made = { outbox, store, broker, clock, lines };
  open.push(made);
  return made;
}

/** Closes all outboxes of a test. */
export async function closeWorlds(): Promise<void> {
  for (const { outbox, clock, broker } of open.splice(0)) {
    broker.fault = () => null;
    const closed = outbox.close(1);
    await clock.advance(10_000);
    await closed;
  }
}
