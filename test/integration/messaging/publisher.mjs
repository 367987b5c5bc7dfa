// A process that publishes until it is killed. Arguments: directory, file that stands for the broker, first number, how many (0: drain and end).
// Prints `kept N` when all events up to N are promised to be delivered.
import fs from 'node:fs';
import { openFileStore, openOutbox } from '../../../packages/messaging/dist/index.js';

const [directory, arrived, first, count] = [process.argv[2], process.argv[3], Number(process.argv[4]), Number(process.argv[5])];
const log = { info: () => {}, warn: () => {}, error: () => {} };
let sends = 0;
const broker = {
  // Some batches fail, some fail after a part of them arrived.
  async send(batch) {
    sends++;
    const part = sends % 5 === 0 ? batch.slice(0, 1) : sends % 3 === 0 ? [] : batch;
    fs.appendFileSync(arrived, part.map(({ key, value }) => `\n${JSON.stringify({ key, value: String(value) })}`).join(''));
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (part.length < batch.length) throw new Error('broker: no');
  },
  async close() {},
};
const store = await openFileStore({ directory, log, segmentBytes: 4096 });
const outbox = openOutbox({ store, broker, log, batch: { events: 20, bytes: 1e6 }, retry: { firstMs: 1, maxMs: 5 } });
if (count === 0) {
  const drained = await outbox.drained(20_000);
  await outbox.close();
  process.exit(drained ? 0 : 1);
}
process.stdout.write('open\n');
for (let n = first; n < first + count; n++) {
  const key = `user-${n % 7}`;
  outbox.publish({
    topic: 't',
    key,
    id: `event-${n}`,
    type: 'x',
    time: new Date().toISOString(),
    value: { n, user: key, filler: 'x'.repeat(n % 300) },
  });
  if (n % 10 === 9 && (await outbox.stored(5_000))) process.stdout.write(`kept ${n}\n`);
}
process.stdout.write('all\n');
