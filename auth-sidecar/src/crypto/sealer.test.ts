import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Sealer } from './sealer.js';

const [one, two] = ['1'.repeat(32), '2'.repeat(32)];

describe('a sealer', () => {
  test('opens what it sealed, whatever it was', async () => {
    const sealer = new Sealer([one], 'a');
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(JSON.stringify(await sealer.open(await sealer.seal(value)))).toBe(JSON.stringify(value));
      }),
      { numRuns: 50 },
    );
  });

  test('opens nothing else, and never throws', async () => {
    const sealer = new Sealer([one], 'a');
    const sealed = await sealer.seal({ a: 1 });
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.constantFrom('A', 'b', '-', '.', ' ', 'é'), async (at, character) => {
        fc.pre(sealed[at] !== character && at < sealed.length - 1);
        expect(await sealer.open(sealed.slice(0, at) + character + sealed.slice(at + 1))).toBeNull();
      }),
    );
    for (const text of ['', 'a', '....', 'x'.repeat(70_000)]) expect(await sealer.open(text)).toBeNull();
  });

  test('keeps purposes and secrets apart', async () => {
    const sealed = await new Sealer([one], 'a').seal(1);
    expect(await new Sealer([one], 'b').open(sealed)).toBeNull();
    expect(await new Sealer([two], 'a').open(sealed)).toBeNull();
    expect(await new Sealer([two, one], 'a').open(sealed)).toBe(1);
    expect(await new Sealer([one], 'a').open(await new Sealer([two, one], 'a').seal(1))).toBeNull();
  });

  test('seals the same twice in two ways', async () => {
    const sealer = new Sealer([one], 'a');
    expect(await sealer.seal(1)).not.toBe(await sealer.seal(1));
  });

  test('needs a secret', () => expect(() => new Sealer([], 'a')).toThrow(RangeError));
});
