import { describe, expect, test } from '@jest/globals';
import { RegexError } from './ast.js';
import { RouteRegex } from './route-regex.js';

/** What of a text the pattern finds; null for nothing. */
function find(pattern: string, text: string): string | null {
  return new RouteRegex(pattern).execute(text, /^[\0-\x7f]*$/.test(text))?.[0] ?? null;
}

describe('what is refused', () => {
  test.each([
    ['(?=a)', /look-ahead/],
    ['(?!a)', /look-ahead/],
    ['(?<=a)', /look-behind/],
    ['(?P<!a)', /look-behind/],
    ['(a)\\1', /backreferences/],
    ['(?P=n)', /flag/],
    ['(a', /not closed/],
    ['a)', /not opened/],
    ['[a', /not closed/],
    ['a{2', /not closed/],
    ['*a', /nothing to repeat/],
    ['a|*', /nothing to repeat/],
    ['(?i)*', /nothing to repeat/],
    ['a{,3}', /no count/],
    ['a{x}', /no count/],
    ['a{3,1}', /below its start/],
    ['a{99999}', /counts above/],
    ['[z-a]', /backwards/],
    ['[a-\\d]', /end of a range/],
    ['[\\b]', /in brackets/],
    ['\\y', /unknown escape/],
    ['\\', /too early/],
    ['\\x{110000}', /not a Unicode character/],
    ['\\xg1', /not a hexadecimal/],
    ['\\p{Nonsense}', /unknown Unicode class/],
    ['\\b{middle}', /unknown word boundary/],
    ['(?<n>a)(?<n>b)', /two groups/],
    ['(?<1>a)', /name of a group/],
    ['(?q)', /flag q/],
    ['(?ii)', /twice/],
    ['(?i-)', /minus/],
    ['(?-u).', /half a character/],
    ['(?-u)\\D', /half a character/],
    ['(?-u)[^a]', /half a character/],
    ['(?-u)\\pL', /needs Unicode/],
    [`${'('.repeat(300)}a${')'.repeat(300)}`, /too deep/],
    ['((a{100}){100}){100}', /too large/],
  ])('%s', (pattern, message) => {
    expect(() => new RouteRegex(pattern)).toThrow(RegexError);
    expect(() => new RouteRegex(pattern)).toThrow(message);
  });
});

describe('what is understood', () => {
  test.each([
    ['^/users/\\d+', '/users/12/posts', '/users/12'],
    ['^/(?i)abc$', '/ABC', '/ABC'],
    ['^/(?i)abc$', '/abcd', null],
    ['^/a(?i:b)c', '/aBc', '/aBc'],
    ['^/a(?i:b)c', '/aBC', null],
    ['^/(?:a(?i)b|c)d', '/Cd', '/Cd'],
    ['a.c', 'a\nc', null],
    ['(?s)a.c', 'a\nc', 'a\nc'],
    ['(?m)^b$', 'a\nb\nc', 'b'],
    ['^b$', 'a\nb\nc', null],
    ['(?U)a+', 'aaa', 'a'],
    ['(?U)a+?', 'aaa', 'aaa'],
    ['(?x) a b # c', 'ab', 'ab'],
    ['(?x:a b) c', 'ab c', 'ab c'],
    ['[a-z&&[^aeiou]]+', 'aeixyz', 'xyz'],
    ['[\\w--\\d]+', '12ab', 'ab'],
    ['[a-c~~b-d]+', 'bcad', 'ad'],
    ['[[:alpha:]/]+', '1/ab', '/ab'],
    ['[[:^digit:]]+', '1ab', 'ab'],
    ['[]a]+', 'x]a', ']a'],
    ['[-a]+', 'x-a', '-a'],
    ['\\x41\\u{42}\\x{43}', 'ABC', 'ABC'],
    ['\\/\\-\\.', '/-.', '/-.'],
    ['a{2}', 'aaa', 'aa'],
    ['a{2,}', 'aaa', 'aaa'],
    ['a{1,2}?', 'aaa', 'a'],
    ['a**', 'aaa', 'aaa'],
    ['a}', 'a}', 'a}'],
    ['\\bab\\b', 'x ab y', 'ab'],
    ['\\b{start}a', 'ba a', 'a'],
    ['a|ab', 'ab', 'a'],
    ['\\Aa\\z', 'a', 'a'],
    ['\\p{L}+', '1é', 'é'],
    ['\\p{greek}', 'aα', 'α'],
    ['\\p{sc!=Greek}', 'αa', 'a'],
    ['\\PL', 'a1', '1'],
    ['^caf.$', 'café', 'café'],
    ['\\w+', 'é1', 'é1'],
    ['(?-u)\\w+', 'é1', '1'],
    ['(?i)É', 'é', 'é'],
    ['(?i)k', '\u212a', '\u212a'],
    ['(?i-u)k', '\u212a', null],
    ['(?i-u)[a-k]é', 'Ké', 'Ké'],
    ['^.{2}$', 'a😀', 'a😀'],
    ['b\\b', 'b😀', 'b'],
  ])('%s finds in %j: %j', (pattern, text, expected) => expect(find(pattern, text)).toBe(expected));

  test('groups are numbered and named', () => {
    const regex = new RouteRegex('^/(?P<a>\\d+)/(b)?(?<c>c)');
    expect(regex.groupNames).toEqual([null, 'a', null, 'c']);
    expect(Array.from(regex.execute('/12/c', true)!)).toEqual(['/12/c', '12', undefined, 'c']);
  });

  test('a group in a loop keeps what it last took, as in Rust', () => {
    expect(Array.from(new RouteRegex('^(?:(a)|b)*').execute('ab', true)!)).toEqual(['ab', 'a']);
    expect(Array.from(new RouteRegex('^(a*)*b').execute('b', true)!)).toEqual(['b', '']);
  });
});
