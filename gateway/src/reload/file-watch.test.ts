import { ManualClock } from '@gatehouse/policy/testing';
import { expect, test } from '@jest/globals';
import { FileWatch } from './file-watch.js';

function watch() {
  const clock = new ManualClock();
  const state = { a: '1', b: '1' };
  const seen: string[] = [];
  const files = new FileWatch(
    ['a', 'b'],
    100,
    () => seen.push('changed'),
    clock,
    async (file) => state[file as 'a' | 'b'],
  );
  return { clock, state, seen, files };
}

test('a change is told once, when it held still for one look', async () => {
  const { clock, state, seen } = watch();
  await clock.advance(500);
  expect(seen).toEqual([]);
  state.a = '2';
  await clock.advance(100);
  state.b = '2';
  await clock.advance(100);
  state.b = '3';
  await clock.advance(100);
  expect(seen).toEqual([]);
  await clock.advance(100);
  expect(seen).toEqual(['changed']);
  await clock.advance(1000);
  expect(seen).toEqual(['changed']);
});

test('a file that goes and comes back as it was counts, too', async () => {
  const { clock, state, seen } = watch();
  await clock.advance(100);
  state.a = 'none';
  await clock.advance(200);
  state.a = '1';
  await clock.advance(200);
  expect(seen).toEqual(['changed', 'changed']);
});

test('it ends', async () => {
  const { clock, state, seen, files } = watch();
  await clock.advance(100);
  files.close();
  state.a = '2';
  await clock.advance(1000);
  expect(seen).toEqual([]);
  expect(clock.waiting).toBe(0);
});
