import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type JsonLimits, scanJson } from './scan.js';

const open: JsonLimits = {
  maxDepth: 1000,
  maxKeys: 1e6,
  maxItems: 1e6,
  maxKeyLength: 1e6,
  maxStringLength: 1e6,
  duplicateKeys: true,
};
const scan = (text: string, limits: Partial<JsonLimits> = {}) =>
  scanJson(text, { ...open, ...limits }, (key) => (key === 'bad' ? 'bad-key' : null));

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('grammar', () => {
  test('every JSON value is taken, with any white space', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom('', ' ', '\t', '\n  '), (value, space) => {
        const text = JSON.stringify(value, null, space);
        // The one thing that JSON allows and this does not.
        fc.pre(!text.includes('\\u0000'));
        expect(scan(`${space}${text}\r\n`)).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  test('agrees with JSON.parse on damaged texts', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '1',
      '-',
      '0',
      '01',
      '.5',
      '1e',
      'e5',
      '1.5E+3',
      'true',
      'nul',
      ' ',
      '\\',
      '\n',
      '"\\u12"',
      '"\\u1234"',
      '\u00a0',
      '\ufeff',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        expect([text, scan(text) === null]).toEqual([text, parses(text)]);
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    '',
    ' ',
    '{',
    '[',
    '{]',
    '[}',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{"a":1 "b":2}',
    "{'a':1}",
    '{a:1}',
    '01',
    '+1',
    '1.',
    '.1',
    '1e',
    '-',
    'NaN',
    'Infinity',
    'undefined',
    'True',
    '"',
    '"\\x41"',
    '"\\u12g4"',
    '"\n"',
    '"\t"',
    '1 1',
    '{}{}',
    '[1]//c',
    '/**/1',
    '\ufeff{}',
    '"\\',
  ])('%j is no JSON', (text) => {
    expect(scan(text)).toBe('not-json');
    expect(parses(text)).toBe(false);
  });
});

describe('bounds', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

  test.each([
    [nested(5), { maxDepth: 5 }, null],
    [nested(6), { maxDepth: 5 }, 'json-depth'],
    ['{"a":{"b":{}}}', { maxDepth: 2 }, 'json-depth'],
    ['[1,2,3]', { maxItems: 3 }, null],
    ['[1,2,3,4]', { maxItems: 3 }, 'json-items'],
    ['{"a":1,"b":2}', { maxKeys: 1 }, 'json-keys'],
    ['{"abc":1}', { maxKeyLength: 2 }, 'json-key-length'],
    ['{"\\u0061\\u0062":1}', { maxKeyLength: 2 }, null],
    ['"abc"', { maxStringLength: 3 }, null],
    ['"abcd"', { maxStringLength: 3 }, 'json-string-length'],
    ['{"a":1,"a":2}', { duplicateKeys: false }, 'json-duplicate-key'],
    ['{"a":1,"\\u0061":2}', { duplicateKeys: false }, 'json-duplicate-key'],
    ['{"a":1,"b":{"a":2}}', { duplicateKeys: false }, null],
    ['["\\u0000"]', {}, 'nul-byte'],
    ['{"\\u0000":1}', {}, 'nul-byte'],
    ['{"bad":1}', {}, 'bad-key'],
    ['[[{"x":{"\\u0062ad":1}}]]', {}, 'bad-key'],
    ['{"x":"bad"}', {}, null],
    ['{"bad":1', {}, 'not-json'],
  ] as const)('%s %j: %s', (text, limits, expected) => expect(scan(text, limits)).toBe(expected));

  test('a million brackets end at the bound, not in the stack', () => {
    expect(scan('['.repeat(1_000_000))).toBe('json-depth');
    expect(scan('{"a":'.repeat(100_000))).toBe('json-depth');
  });
});
