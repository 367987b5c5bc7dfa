import { ManualClock } from '@gatehouse/policy/testing';
import { expect, test } from '@jest/globals';
import { LineWriter } from './line-writer.js';

test('lines of a moment are one write; what is too much is dropped and said', async () => {
  const clock = new ManualClock();
  const written: string[] = [];
  const writer = new LineWriter((text) => void written.push(text), clock);
  writer.write('a');
  writer.write('b');
  expect(written).toEqual([]);
  await clock.advance(50);
  expect(written).toEqual(['a\nb\n']);
  for (let i = 0; i < 3; i++) writer.write('x'.repeat(600_000));
  writer.flush();
  const [first = '', second = ''] = written[1]!.split('\n');
  expect(first).toHaveLength(600_000);
  expect(JSON.parse(second)).toMatchObject({ level: 'warn', dropped: 2 });
  await clock.advance(1000);
  expect(written).toHaveLength(2);
  expect(clock.waiting).toBe(0);
});
