import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BrokerError } from '../errors.js';
import { away, closeWorlds, event, FakeBroker, ids, MemoryStore, world } from './testing/world.js';

afterEach(closeWorlds);

describe('delivery', () => {
  test('events arrive in the order in which they were published, stored first', async () => {
    const { outbox, broker, clock, store } = world();
    for (let i = 0; i < 10; i++) outbox.publish(event(i));
    expect(broker.ids).toEqual([]);
    await clock.advance(0);
    expect(broker.ids).toEqual(ids(0, 10));
    expect(store.lines).toEqual([]);
    expect(outbox.stats()).toMatchObject({ published: 10, delivered: 10, pending: 0, brokerUp: true, storeUp: true });
  });

  test('what an earlier process left is delivered first', async () => {
    const store = new MemoryStore();
    const broker = new FakeBroker();
    broker.fault = away;
    const first = world({ store, broker });
    for (let i = 0; i < 3; i++) first.outbox.publish(event(i));
    await first.clock.advance(0);
    const closed = first.outbox.close(1);
    await first.clock.advance(10_000);
    await closed;
    const { outbox, broker: next, clock } = world({ store });
    outbox.publish(event(3));
    await clock.advance(0);
    expect(next.ids).toEqual(ids(0, 4));
  });

  test('while the broker is away events wait; it is asked less and less often, at least every 5 s, new events or not', async () => {
    const { outbox, broker, clock, store } = world();
    broker.fault = away;
    for (let i = 0; i < 600; i++) {
      outbox.publish(event(i));
      await clock.advance(100);
    }
    expect(broker.batches.length).toBeLessThan(25);
    expect(broker.batches.length).toBeGreaterThan(12);
    expect(outbox.stats()).toMatchObject({ pending: 600, brokerUp: false, delivered: 0, sendFailures: broker.batches.length });
    expect(store.yields).toBe(broker.batches.length);
    broker.fault = () => null;
    await clock.advance(5_000);
    expect(broker.ids).toEqual(ids(0, 600));
  });

  test('an outage costs one line when it begins and one when it ends', async () => {
    const { outbox, broker, clock, lines } = world();
    broker.fault = away;
    outbox.publish(event(0));
    await clock.advance(60_000);
    broker.fault = () => null;
    await clock.advance(6_000);
    expect(lines.map(({ message }) => message)).toEqual([
      'outbox: the broker does not take events; they wait',
      'outbox: the broker takes events again',
    ]);
  });

  test('a message that the broker will never take is dropped, the others of its batch are not', async () => {
    const { outbox, broker, clock, lines } = world();
    broker.fault = (batch) =>
      batch.some(({ headers }) => headers['event-id'] === 'e4') ? new BrokerError('MESSAGE_REFUSED', 'too large') : null;
    for (let i = 0; i < 9; i++) outbox.publish(event(i));
    await clock.advance(1_000);
    expect(broker.ids).toEqual([...ids(0, 4), ...ids(5, 9)]);
    expect(outbox.stats()).toMatchObject({ dropped: { refused: 1 }, pending: 0 });
    expect(lines.filter(({ level }) => level === 'error').map(({ fields }) => fields)).toEqual([
      { reason: 'refused', dropped: 1, eventId: 'e4', eventType: 'user.authenticated' },
    ]);
  });

  test('what the store holds and is no event is dropped', async () => {
    const store = new MemoryStore();
    store.lines = ['rubbish', '{"topic":"x"}', 'null'];
    const { outbox, broker, clock } = world({ store });
    outbox.publish(event(0));
    await clock.advance(0);
    expect(broker.ids).toEqual(['e0']);
    expect(outbox.stats().dropped.invalid).toBe(3);
  });

  test('however often broker and store fail: nothing lost, first arrivals in order per key', async () => {
    const faults = fc.array(fc.constantFrom('ok', 'away', 'after', 'store', 'read'), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(faults, async (plan) => {
        const { outbox, broker, clock, store } = world();
        let sent = 0;
        for (const [i, what] of plan.entries()) {
          store.broken = what === 'store';
          store.unreadable = what === 'read';
          broker.fault = (batch) => {
            if (what === 'after') broker.arrived.push(...batch.slice(0, 2));
            return what === 'away' || what === 'after' ? away() : null;
          };
          for (let k = 0; k <= i % 3; k++) outbox.publish(event(sent++));
          await clock.advance(i % 2 === 0 ? 40 : 900);
        }
        store.broken = false;
        store.unreadable = false;
        broker.fault = () => null;
        await clock.advance(20_000);
        for (const key of ['u0', 'u1', 'u2']) {
          const mine = broker.arrived.filter((message) => message.key === key).map(({ headers }) => headers['event-id']);
          expect([...new Set(mine)]).toEqual(ids(0, sent).filter((_, n) => `u${n % 3}` === key));
        }
        expect(outbox.stats()).toMatchObject({ pending: 0, dropped: { full: 0, invalid: 0 } });
      }),
      { numRuns: 60 },
    );
  });
});

describe('a store that fails', () => {
  test('does not stop delivery: what waits in memory passes it by once it is empty, in order', async () => {
    const { outbox, store, broker, clock, lines } = world();
    store.broken = true;
    for (let i = 0; i < 5; i++) outbox.publish(event(i));
    await clock.advance(10);
    expect(broker.ids).toEqual(ids(0, 5));
    for (let i = 5; i < 8; i++) outbox.publish(event(i));
    store.broken = false;
    await clock.advance(10_000);
    outbox.publish(event(8));
    await clock.advance(10);
    expect(broker.ids).toEqual(ids(0, 9));
    expect(lines.map(({ message }) => message)).toEqual([
      'outbox: events can not be stored; they wait in memory',
      'outbox: events are stored again',
    ]);
  });

  test('that works again while events pass it by does not get the same ones, and none is lost', async () => {
    const { outbox, store, broker, clock } = world();
    const gate = Promise.withResolvers<void>();
    broker.gate = gate.promise;
    store.broken = true;
    for (let i = 0; i < 5; i++) outbox.publish(event(i));
    await clock.advance(10);
    store.broken = false;
    for (let i = 5; i < 10; i++) outbox.publish(event(i));
    await clock.advance(10_000);
    expect(outbox.stats().pending).toBe(10);
    gate.resolve();
    await clock.advance(10_000);
    expect(broker.ids).toEqual(ids(0, 10));
  });

  test('can not be read: events wait in it', async () => {
    const { outbox, store, broker, clock } = world();
    store.unreadable = true;
    outbox.publish(event(0));
    await clock.advance(10_000);
    expect([broker.ids, outbox.stats().pending, outbox.stats().storeFailures > 1]).toEqual([[], 1, true]);
    store.unreadable = false;
    await clock.advance(10_000);
    expect(broker.ids).toEqual(['e0']);
  });
});

describe('the end', () => {
  test('close() delivers what waits, without waiting for a retry, and takes no more', async () => {
    const { outbox, broker, clock } = world();
    broker.fault = away;
    outbox.publish(event(0));
    await clock.advance(4_000);
    broker.fault = () => null;
    const closed = outbox.close(5_000);
    outbox.publish(event(1));
    await clock.advance(0);
    await closed;
    expect(broker.ids).toEqual(['e0']);
    expect(outbox.stats()).toMatchObject({ dropped: { closed: 1 }, pending: 0 });
  });

  test('close() stores all that waits, however short the time to deliver it', async () => {
    const { outbox, broker, clock, store } = world({ batch: { events: 10, bytes: 1e6 } });
    broker.hangs = true;
    const append = store.append.bind(store);
    store.append = (lines) => new Promise((resolve) => clock.after(20, () => resolve(append(lines))));
    for (let i = 0; i < 100; i++) outbox.publish(event(i));
    const closed = outbox.close(0);
    await clock.advance(5_000);
    await closed;
    expect([store.lines.length, outbox.stats().dropped.closed]).toEqual([100, 0]);
  });

  test('close() with a store that fails says what is lost', async () => {
    const { outbox, broker, clock, store, lines } = world();
    broker.fault = away;
    store.broken = true;
    for (let i = 0; i < 3; i++) outbox.publish(event(i));
    const closed = outbox.close(0);
    await clock.advance(20_000);
    await closed;
    expect(outbox.stats().dropped.closed).toBe(3);
    expect(lines.filter(({ fields }) => fields['reason'] === 'closed')).toHaveLength(1);
  });

  test('close() ends in its time when the broker hangs; what is stored stays stored', async () => {
    const { outbox, broker, clock, store } = world();
    broker.hangs = true;
    outbox.publish(event(0));
    await clock.advance(0);
    const closed = outbox.close(5_000);
    await clock.advance(5_000);
    await closed;
    expect([broker.ids, store.lines.length]).toEqual([[], 1]);
  });

  test('drained() says whether all was delivered', async () => {
    const { outbox, broker, clock } = world();
    expect(await outbox.drained(0)).toBe(true);
    broker.fault = away;
    outbox.publish(event(0));
    const late = outbox.drained(1_000);
    await clock.advance(1_000);
    expect(await late).toBe(false);
    broker.fault = () => null;
    const done = outbox.drained(10_000);
    await clock.advance(10_000);
    expect(await done).toBe(true);
  });
});
