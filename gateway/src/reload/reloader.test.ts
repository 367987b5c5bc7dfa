import { expect, test } from '@jest/globals';
import { Reloader } from './reloader.js';
import type { Sources } from './sources.js';

const sources = (text: string, cert = 'c'): Sources => ({ file: 'f', text, standard: { cert, key: 'k' } });

function setup() {
  const state = { now: sources('1') };
  const used: string[] = [];
  const logged: string[] = [];
  const reloader = new Reloader(
    state.now,
    async () => state.now,
    async ({ text, standard }) => {
      if (text === 'bad') throw new Error('no');
      used.push(text + standard.cert);
      return 1;
    },
    (level) => void logged.push(level),
  );
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { state, used, logged, reloader, settled };
}

test('a signal reads again whatever is there; a change only what is new', async () => {
  const { state, used, reloader, settled } = setup();
  reloader.changed();
  await settled();
  expect(used).toEqual([]);
  reloader.signalled();
  await settled();
  state.now = sources('1', 'd');
  reloader.changed();
  await settled();
  expect(used).toEqual(['1c', '1d']);
});

test('what was refused is tried again when told to, not by itself', async () => {
  const { state, used, logged, reloader, settled } = setup();
  state.now = sources('bad');
  for (let i = 0; i < 3; i++) reloader.changed();
  await settled();
  expect(logged).toEqual(['error']);
  reloader.signalled();
  await settled();
  expect(logged).toEqual(['error', 'error']);
  state.now = sources('2');
  reloader.changed();
  await settled();
  expect(used).toEqual(['2c']);
});
