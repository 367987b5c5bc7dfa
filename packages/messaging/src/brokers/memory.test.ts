import { expect, test } from '@jest/globals';
import type { BrokerMessage } from '../events.js';
import { MemoryBroker } from './memory.js';

const message = (n: number): BrokerMessage => ({ topic: n % 2 ? 'a' : 'b', key: `k${n % 3}`, value: Buffer.from(String(n)), headers: {} });

test('the broker in process keeps the last messages and lists them by topic, key and offset', async () => {
  const broker = new MemoryBroker(4);
  await broker.send([0, 1, 2].map(message));
  await broker.send([3, 4, 5].map(message));
  expect(broker.list().map(({ offset, value }) => [offset, String(value)])).toEqual([2, 3, 4, 5].map((n) => [n, String(n)]));
  expect(broker.list({ topic: 'a' }).map(({ offset }) => offset)).toEqual([3, 5]);
  expect(broker.list({ key: 'k2', from: 3 }).map(({ offset }) => offset)).toEqual([5]);
});
