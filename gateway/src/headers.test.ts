import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HeaderList } from './headers.js';

test.each([
  ['a\r\nX-Evil: 1', 'a X-Evil: 1'],
  ['a\0b', 'a b'],
  ['caf\u00e9', 'caf\u00e9'],
  // The low bytes of these two are CR and LF.
  ['a\u010d\u010aX', 'a\u00c4\u008d\u00c4\u008aX'],
])('%j is kept to one line of bytes', (value, kept) => {
  const list = new HeaderList();
  list.add('A', value);
  list.set('B', value);
  list.set('B', value);
  expect(list.values).toEqual([kept, kept]);
});

test('whatever a value is, it is one line of bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const list = HeaderList.from([['A', value]]);
      expect(list.values[0]).toMatch(/^[^\0\r\n]*$/);
      expect(Buffer.from(list.values[0]!, 'latin1').toString('latin1')).toBe(list.values[0]);
    }),
  );
});
