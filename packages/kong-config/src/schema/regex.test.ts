import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { regexFault, routeRegexFault, routerRegexFault } from './regex.js';
import { PCRE, RUST, syntaxFault } from './regex-syntax.js';

const BOTH = [
  '/a(?i)abc$',
  '[]a]',
  '[^]a]',
  '\\d+\\.json',
  '(?:a|b)+?',
  '[[:alpha:]]+',
  '(?i:a)',
  '\\p{L}+',
  '(?<id>\\d{1,3})$',
  '(?P<x>a)',
  '\\/a\\-b',
  '',
];
const RUST_ONLY = ['^*', '\\b+', '[[:foo:]]', '\\x{100}', '\\p{Letter}', '(?<n.a>b)'];
const PCRE_ONLY = [
  '(?=a)',
  '(?<=x)y',
  '(?<n>a)\\1',
  '/a/{id}',
  '(?>a)',
  '\\Qa(b\\E',
  '(?#c)a',
  'x{,3}',
  '\\h+',
  '\\p{Xan}\\h',
  '\\p{Script=Greek}\\h',
  '(a)(?(1)b|c)',
];
const NEITHER = [
  '[a',
  '(a',
  'a)',
  '*a',
  'a|*',
  '[z-a]',
  'a{2,1}',
  '\\',
  '(?P<x>a)(?P<x>b)',
  '\\y',
  '(?',
  'a{99999}',
  '[\\d-z]',
  '[a-\\d]',
  '\\1',
  '(a)\\2',
  '(?(1)a|b)',
  '\\c',
  '\\x{110000}',
  '[\\R]',
];

describe('syntax of regular expressions', () => {
  test.each(BOTH)('%s is good for plugins and routes', (pattern) => {
    expect([syntaxFault(pattern, PCRE), syntaxFault(pattern, RUST)]).toEqual([null, null]);
  });

  test.each(PCRE_ONLY)('%s is good for plugins alone', (pattern) => {
    expect(regexFault(pattern)).toBeNull();
    expect(routerRegexFault(null, [`~${pattern}`])).toContain(pattern);
  });

  test.each(RUST_ONLY)('%s is refused for plugins, and so for routes', (pattern) => {
    expect(regexFault(pattern)).not.toBeNull();
    expect(routeRegexFault(pattern)).toContain(pattern);
    expect(syntaxFault(pattern, RUST)).toBeNull();
  });

  test.each(NEITHER)('%s is good for nothing', (pattern) => {
    expect(regexFault(pattern)).not.toBeNull();
    expect(syntaxFault(pattern, RUST)).not.toBeNull();
    expect(routeRegexFault(pattern)).toContain(pattern);
  });

  test('header patterns are looked at, plain values and paths are not', () => {
    expect(routerRegexFault({ a: ['~*(?=x)'] }, null)).toContain('(?=x)');
    expect(routerRegexFault({ a: ['(?=x)'] }, ['/(?=x)'])).toBeNull();
  });

  test('whatever JavaScript compiles with neither escapes nor braces, PCRE does', () => {
    const piece = fc.constantFrom('a', 'b', '(', ')', '[', ']', '|', '*', '+', '?', '.', '^', '$', '-', '?:');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const pattern = pieces.join('');
        // PCRE takes `[]` for the start of a class, and quantifiers after an anchor or another quantifier are its own affair.
        fc.pre(!/\[\^?\]|[*+?]{2}|[\^$][*+?]|\(\?/.test(pattern));
        let compiles = true;
        try {
          new RegExp(pattern);
        } catch {
          compiles = false;
        }
        expect(regexFault(pattern) === null).toBe(compiles);
      }),
      { numRuns: 2000 },
    );
  });

  test('a long hostile pattern is refused at once', () => {
    expect(regexFault('('.repeat(100_000))).toBe('regular expression is too large');
    expect(regexFault('('.repeat(5000))).toBe('parentheses are too deeply nested');
    expect(syntaxFault('['.repeat(5000), RUST)).toBe('character classes are too deeply nested');
  });
});
