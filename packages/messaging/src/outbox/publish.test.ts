import { afterEach, describe, expect, test } from '@jest/globals';
import type { OutgoingEvent } from '../events.js';
import { away, closeWorlds, event, ids, MemoryStore, type World, world } from './testing/world.js';

afterEach(closeWorlds);

describe('publishing', () => {
  test('neither waits nor fails, whatever it is given', async () => {
    const { outbox, clock } = world();
    const circle: Record<string, unknown> = {};
    circle['circle'] = circle;
    const bad: unknown[] = [
      null,
      'x',
      {},
      event(0, { topic: 'no topic' }),
      event(0, { key: '' }),
      event(0, { id: 'x'.repeat(200) }),
      event(0, { time: 'yesterday' }),
      event(0, { value: circle as never }),
      event(0, { value: [] as never }),
      event(0, { value: { big: 'x'.repeat(70_000) } }),
      event(0, { headers: { 'bad header': 'x' } }),
      event(0, { value: { n: 1n as never } }),
    ];
    for (const one of bad) outbox.publish(one as OutgoingEvent);
    await clock.advance(0);
    expect(outbox.stats()).toMatchObject({ published: bad.length, dropped: { invalid: bad.length }, pending: 0 });
  });

  test('an event is kept as it was, and arrives with all that it had', async () => {
    const { outbox, broker, clock } = world();
    const value = { text: 'ä\u2028\n"', list: [1, null, true] };
    outbox.publish(event(0, { value, headers: { traceparent: 't' } }));
    value.list.push(9);
    await clock.advance(0);
    expect(broker.arrived[0]).toMatchObject({
      ...{ topic: 'auth-events', key: 'u0', headers: { traceparent: 't', 'event-id': 'e0', 'event-type': 'user.authenticated' } },
    });
    expect(JSON.parse(String(broker.arrived[0]!.value))).toEqual({ text: 'ä\u2028\n"', list: [1, null, true] });
  });

  test('in a full store the newest are dropped, counted, and said so at most every 10 s', async () => {
    const { outbox, broker, clock, lines } = world({ store: new MemoryStore(5) });
    broker.fault = away;
    for (let i = 0; i < 20; i++) outbox.publish(event(i));
    await clock.advance(0);
    expect(outbox.stats()).toMatchObject({ pending: 5, dropped: { full: 15 } });
    for (let i = 20; i < 40; i++) {
      outbox.publish(event(i));
      await clock.advance(1_000);
    }
    expect(lines.filter(({ message }) => message === 'outbox: events were dropped').length).toBeLessThanOrEqual(3);
    broker.fault = () => null;
    await clock.advance(6_000);
    expect(broker.ids).toEqual(ids(0, 5));
  });

  test('in memory no more wait than the bounds allow', async () => {
    const { outbox, clock, store, broker } = world({ waiting: { events: 10, bytes: 1e6 } });
    store.broken = true;
    broker.fault = away;
    for (let i = 0; i < 30; i++) outbox.publish(event(i));
    await clock.advance(0);
    expect(outbox.stats()).toMatchObject({ pending: 10, dropped: { full: 20 } });
    const small = world({ waiting: { events: 1000, bytes: 500 } });
    small.store.broken = true;
    small.broker.fault = away;
    for (let i = 0; i < 30; i++) small.outbox.publish(event(i));
    expect(small.outbox.stats().pending).toBeLessThan(5);
  });
});

describe('stored()', () => {
  test('waits for the store and not for the broker', async () => {
    const { outbox, broker, clock } = world();
    broker.hangs = true;
    outbox.publish(event(0));
    const stored = outbox.stored();
    await clock.advance(0);
    expect(await stored).toBe(true);
    expect(await outbox.stored()).toBe(true);
  });

  test('many events share a write', async () => {
    const { outbox, store, clock } = world();
    for (let i = 0; i < 100; i++) outbox.publish(event(i));
    await clock.advance(0);
    expect(store.appends).toBe(1);
  });

  test.each([
    ['dropped, being none', (w: World) => w.outbox.publish(event(0, { topic: '' }))],
    ['dropped, for lack of room', (w: World) => w.outbox.publish(event(0))],
  ])('is false when the event was %s', async (_what, publish) => {
    const w = world({ store: new MemoryStore(0) });
    publish(w);
    const stored = w.outbox.stored();
    await w.clock.advance(0);
    expect(await stored).toBe(false);
  });

  test('gives up after its time, and at once while the store is known to be away', async () => {
    const { outbox, store, broker, clock } = world();
    store.broken = true;
    broker.hangs = true;
    outbox.publish(event(0));
    const first = outbox.stored(100);
    await clock.advance(100);
    expect(await first).toBe(false);
    outbox.publish(event(1));
    expect(await outbox.stored(1e9)).toBe(false);
  });
});
