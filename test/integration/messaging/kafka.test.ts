/** The Kafka broker of messaging against a real Kafka. */

import { type Broker, type BrokerMessage, kafkaBroker, openOutbox } from '@gatehouse/messaging';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../../packages/messaging/src/outbox/testing/world.js';
import { TestKafka } from '../../support/kafka.js';
import { eventually } from '../../support/redis.js';
import { expectAllInOrder, userEvent } from './events.js';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
let kafka: TestKafka;
const brokers: Broker[] = [];

beforeAll(async () => {
  kafka = await TestKafka.start();
}, 300_000);

afterAll(async () => {
  for (const broker of brokers) await broker.close();
  await kafka.stop();
}, 60_000);

function brokerOf(more: Partial<Parameters<typeof kafkaBroker>[0]> = {}): Broker {
  const broker = kafkaBroker({ brokers: [kafka.address], clientId: 'test', log: quiet, connectMs: 1_000, requestMs: 1_000, ...more });
  brokers.push(broker);
  return broker;
}

const message = (topic: string, n: number, more: Partial<BrokerMessage> = {}): BrokerMessage => ({
  ...{ topic, key: `u${n % 5}`, value: Buffer.from(`{"n":${n}}`), headers: { 'event-id': `e${n}` } },
  ...more,
});

describe('a broker', () => {
  test('delivers batches with keys, values and headers, each key in order, several topics at once', async () => {
    await kafka.topic('one');
    await kafka.topic('two', 1);
    const broker = brokerOf();
    for (let i = 0; i < 100; i += 10) {
      await broker.send(Array.from({ length: 10 }, (_, k) => message(k % 2 ? 'one' : 'two', i + k)));
    }
    const [one, two] = [await kafka.read('one', 50), await kafka.read('two', 50)];
    expect(two.map(({ value }) => JSON.parse(value).n)).toEqual(Array.from({ length: 50 }, (_, i) => 2 * i));
    for (const key of ['u0', 'u1', 'u2', 'u3', 'u4']) {
      const numbers = one.filter((read) => read.key === key).map(({ value }) => JSON.parse(value).n as number);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      expect(new Set(one.filter((read) => read.key === key).map(({ partition }) => partition)).size).toBe(1);
    }
    expect(one[0]!.headers).toEqual({ 'event-id': `e${JSON.parse(one[0]!.value).n}` });
  });

  test('makes a topic that is not there, where Kafka lets it', async () => {
    const outbox = openOutbox({ store: new MemoryStore(), broker: brokerOf(), log: quiet });
    outbox.publish(userEvent('made-by-need', 0, 1));
    expect(await outbox.drained(20_000)).toBe(true);
    expect(await kafka.read('made-by-need', 1)).toHaveLength(1);
    await outbox.close();
  });

  test('says which messages will never be taken, and takes others afterwards', async () => {
    await kafka.topic('small', 1, { 'max.message.bytes': '1000' });
    const broker = brokerOf();
    const big = message('small', 0, { value: Buffer.alloc(5_000) });
    await expect(broker.send([big])).rejects.toMatchObject({ code: 'MESSAGE_REFUSED' });
    await expect(broker.send([message('no such name!', 0)])).rejects.toMatchObject({ code: 'MESSAGE_REFUSED' });
    await broker.send([message('small', 1)]);
    expect(await kafka.read('small', 1)).toMatchObject([{ value: '{"n":1}' }]);
  });

  test('that stands still is unavailable within its deadline; so is one that is not there; a closed one too', async () => {
    const broker = brokerOf();
    await broker.send([message('one', 0)]);
    await kafka.pause();
    await expect(broker.send([message('one', 1)])).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
    await kafka.resume();
    await eventually('it works again', () =>
      broker.send([message('one', 2)]).then(
        () => true,
        () => false,
      ),
    );
    await expect(brokerOf({ brokers: ['127.0.0.1:1'] }).send([message('one', 3)])).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
    await broker.close();
    await expect(broker.send([message('one', 4)])).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  }, 60_000);
});

describe('TLS and a password', () => {
  const by = (more: { ca?: string; password?: string } = {}): Broker => {
    const { address, ca, username, password } = kafka.secure;
    const sasl = { mechanism: 'plain', username, password: more.password ?? password } as const;
    return brokerOf({ brokers: [address], tls: 'ca' in more ? true : { ca }, sasl });
  };

  test('open the door', async () => {
    await by().send([message('secure', 0)]);
    expect(await kafka.read('secure', 1)).toMatchObject([{ value: '{"n":0}' }]);
  });

  test('do not, when the certificate is not trusted or the password is wrong', async () => {
    await expect(by({ ca: '' }).send([message('secure', 1)])).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
    await expect(by({ password: 'wrong' }).send([message('secure', 2)])).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
    expect(await kafka.readAll('secure')).toHaveLength(1);
  });
});

describe('an outbox', () => {
  test('carries CloudEvents', async () => {
    const envelope = { mode: 'binary', source: '/gatehouse/auth' } as const;
    const outbox = openOutbox({ store: new MemoryStore(), broker: brokerOf(), log: quiet, envelope });
    outbox.publish(userEvent('cloud', 0, 1));
    expect(await outbox.drained(20_000)).toBe(true);
    const [read] = await kafka.read('cloud', 1);
    expect(read).toMatchObject({ key: 'user-0', headers: { ce_specversion: '1.0', ce_id: 'event-0', ce_type: 'user.authenticated' } });
    await outbox.close();
  });

  test('delivers everything through short pauses of Kafka, per user in order', async () => {
    await kafka.topic('pauses');
    const outbox = openOutbox({
      store: new MemoryStore(),
      broker: brokerOf({ requestMs: 500 }),
      log: quiet,
      batch: { events: 40, bytes: 1e6 },
    });
    for (let n = 0; n < 600; n++) {
      outbox.publish(userEvent('pauses', n, 20));
      if (n % 200 !== 100) continue;
      await kafka.pause();
      const failures = outbox.stats().sendFailures;
      await eventually('a delivery fails', () => outbox.stats().sendFailures > failures, 20_000);
      await kafka.resume();
    }
    expect(await outbox.drained(30_000)).toBe(true);
    await outbox.close();
    const { delivered } = outbox.stats();
    expect(delivered).toBe(600);
    expectAllInOrder(await kafka.readAll('pauses'), 600, 20);
  }, 90_000);
});
