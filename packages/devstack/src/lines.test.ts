import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Lines } from './lines.js';

const cut = (chunks: readonly Buffer[]): string[] => {
  const found: string[] = [];
  const lines = new Lines((line) => found.push(line));
  for (const chunk of chunks) lines.push(chunk);
  lines.end();
  return found;
};

describe('lines', () => {
  test('are the same however the bytes are cut', () => {
    const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text) && text !== '');
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), fc.integer({ min: 1, max: 7 }), (wanted, size) => {
        const bytes = Buffer.from(wanted.join('\n'));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
        expect(cut(chunks)).toEqual(wanted);
      }),
    );
  });

  test('without an end are cut at 16 KiB', () => {
    expect(cut([Buffer.alloc(40_000, 'x')]).map(({ length }) => length)).toEqual([16_384, 16_384, 7232]);
  });
});
