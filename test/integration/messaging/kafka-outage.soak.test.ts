/** Kafka is killed for a while with 1000 events on their way: all arrive afterwards, per user in order, and no publisher waited. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaBroker, type Outbox, openFileStore, openOutbox } from '@gatehouse/messaging';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestKafka } from '../../support/kafka.js';
import { eventually } from '../../support/redis.js';
import { expectAllInOrder, userEvent } from './events.js';

const OUTAGE_MS = process.env['GATEHOUSE_SOAK'] ? 600_000 : 30_000;
const EVENTS = 1000;
const USERS = 60;
const TOPIC = 'auth-events';
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'outbox-outage-'));
let kafka: TestKafka;

beforeAll(async () => {
  kafka = await TestKafka.start();
  await kafka.topic(TOPIC);
}, 300_000);

afterAll(async () => {
  await kafka.stop();
  fs.rmSync(directory, { recursive: true, force: true });
}, 60_000);

async function open(): Promise<Outbox> {
  const broker = kafkaBroker({ brokers: [kafka.address], clientId: 'auth-sidecar', log: quiet, connectMs: 1_000, requestMs: 2_000 });
  return openOutbox({ store: await openFileStore({ directory, log: quiet }), broker, log: quiet });
}

test(
  `${EVENTS} events, Kafka away for ${OUTAGE_MS / 1000} s`,
  async () => {
    let outbox = await open();
    for (let n = 0; n < 200; n++) outbox.publish(userEvent(TOPIC, n, USERS));
    await eventually('some are delivered', () => outbox.stats().delivered > 0, 30_000);
    await kafka.kill();
    const began = Date.now();
    for (let n = 200; n < 700; n++) {
      outbox.publish(userEvent(TOPIC, n, USERS));
      // On disk with Kafka away: what a sign-in may wait for does not depend on Kafka.
      if (n % 50 === 0) expect(await outbox.stored(5_000)).toBe(true);
    }
    // The sidecar is restarted in the middle of it.
    await outbox.close(100);
    outbox = await open();
    expect(outbox.stats().pending).toBeGreaterThanOrEqual(500);
    for (let n = 700; n < EVENTS; n++) outbox.publish(userEvent(TOPIC, n, USERS));
    await eventually('Kafka is known to be away', () => !outbox.stats().brokerUp, 30_000);
    await sleep(Math.max(0, began + OUTAGE_MS - Date.now()));
    expect(outbox.stats()).toMatchObject({ delivered: 0, storeFailures: 0 });
    await kafka.launch();
    expect(await outbox.drained(60_000)).toBe(true);
    expect(outbox.stats()).toMatchObject({ pending: 0, dropped: { full: 0, invalid: 0, refused: 0, damaged: 0 } });
    await outbox.close();
    expectAllInOrder(await kafka.readAll(TOPIC), EVENTS, USERS);
  },
  OUTAGE_MS + 180_000,
);
