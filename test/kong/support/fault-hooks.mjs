/**
 * Loaded into a plugin server before its own code (NODE_OPTIONS=--import …): on SIGUSR2 it does from then on what the file `fault` in
 * Kong's prefix says. `throw`: every decision throws; `hang`: none comes; `memory`: the heap fills up; anything else: as usual.
 */
import fs from 'node:fs';
import path from 'node:path';

const prefix = process.env.KONG_PREFIX;
if (prefix && process.argv.includes('plugin-server') && !process.argv.includes('--dump')) {
  const { Chain } = await import('../../../plugins/dist/chain.js');
  const run = Chain.prototype.run;
  const kept = [];
  const faults = {
    throw: () => {
      throw new Error('a fault for tests');
    },
    hang: () => new Promise(() => undefined),
    memory: () => {
      for (;;) kept.push(new Array(10_000).fill(Math.random()));
    },
  };
  process.on('SIGUSR2', () => {
    const name = fs.readFileSync(path.join(prefix, 'fault'), 'utf8').trim();
    Chain.prototype.run = faults[name] ?? run;
  });
}
