import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Args, type ArgValue, decodeArgs, encodeArgs, encodeArgsSorted, escapeArg, unescapeArg } from './args.js';

const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)) });
const value: fc.Arbitrary<ArgValue> = fc.oneof(bytes, fc.constant(true as const));
const argsOf = (pairs: [string, ArgValue | ArgValue[]][]): Args => new Map(pairs);

describe('decodeArgs', () => {
  test.each([
    ['', []],
    ['a=1', [['a', '1']]],
    ['a', [['a', true]]],
    ['a=', [['a', '']]],
    ['a=1&a=2&a', [['a', ['1', '2', true]]]],
    ['=x&&b=c=d&', [['b', 'c=d']]],
    ['a%20b=c+d', [['a b', 'c d']]],
    [
      'a=%zz%4&%',
      [
        ['a', '%zz%4'],
        ['%', true],
      ],
    ],
    ['%3d=%26', [['=', '&']]],
    ['é=%C3%A9', [['é', '\xc3\xa9']]],
  ] as [string, [string, ArgValue | ArgValue[]][]][])('%s', (raw, pairs) => {
    expect([...decodeArgs(raw)]).toEqual(pairs);
  });

  test('what comes after the bound is not seen', () => {
    const raw = Array.from({ length: 150 }, (_, i) => `k${i}=1`).join('&');
    expect(decodeArgs(raw).size).toBe(100);
    expect(decodeArgs('&&&a=1', 3).size).toBe(0);
  });

  test('takes any bytes', () => {
    fc.assert(fc.property(bytes, (raw) => void encodeArgs(decodeArgs(raw))));
  });
});

describe('encodeArgs', () => {
  test('is undone by decodeArgs', () => {
    const entry = fc.tuple(
      bytes.filter((s) => s !== ''),
      fc.oneof(value, fc.array(value, { minLength: 2, maxLength: 4 })),
    );
    fc.assert(
      fc.property(fc.uniqueArray(entry, { selector: ([name]) => name, maxLength: 20 }), (pairs) => {
        const args = argsOf(pairs);
        expect(decodeArgs(encodeArgs(args), 1000)).toEqual(args);
        expect(new Map([...decodeArgs(encodeArgsSorted(args), 1000)].sort())).toEqual(new Map([...args].sort()));
      }),
    );
  });

  test('is made of safe characters only', () => {
    fc.assert(fc.property(bytes, (text) => /^[A-Za-z0-9\-._~!'()*%]*$/.test(escapeArg(text)) && unescapeArg(escapeArg(text)) === text));
  });

  test('writes a list as repeated names, and no list for nothing', () => {
    expect(
      encodeArgs(
        argsOf([
          ['b', ['1', true]],
          ['n', []],
          ['a', 'x y'],
        ]),
      ),
    ).toBe('b=1&b&a=x%20y');
    expect(
      encodeArgsSorted(
        argsOf([
          ['b', ['1', true]],
          ['a', 'x/y'],
        ]),
      ),
    ).toBe('a=x%2Fy&b=1&b');
  });
});
