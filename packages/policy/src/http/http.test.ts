import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cookieValues, withoutCookies } from './cookies.js';
import { PathPattern, pathPatternFault, splitPath } from './path-pattern.js';
import { queryValues, withoutParameters } from './query.js';
import { traceIdOf } from './trace.js';

describe('query', () => {
  test.each([
    ['', 'a', []],
    ['a=1&b=2&a=3', 'a', ['1', '3']],
    ['a', 'a', ['']],
    ['a=', 'a', ['']],
    ['=1', '', ['1']],
    ['%61=1', 'a', ['1']],
    ['a=%zz', 'a', ['%zz']],
    ['a=x+y%2B', 'a', ['x y+']],
    ['a=b=c', 'a', ['b=c']],
    ['&&a=1&', 'a', ['1']],
  ])('%j: %s', (query, name, values) => expect(queryValues(query, name)).toEqual(values));

  test('reads what URLSearchParams reads', () => {
    const pairs = fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string()));
    fc.assert(
      fc.property(pairs, (list) => {
        const params = new URLSearchParams(list);
        for (const [name] of list) expect(queryValues(params.toString(), name)).toEqual(params.getAll(name));
      }),
    );
  });

  test('takes parameters out, in any spelling, and leaves the rest as it was', () => {
    expect(withoutParameters('a=1&token=x&b=%20+&%74oken=y', ['token'])).toBe('a=1&b=%20+');
    expect(withoutParameters('token=x', ['token'])).toBe('');
    expect(withoutParameters('', ['token'])).toBe('');
  });
});

describe('cookies', () => {
  test.each([
    [['a=1; b=2'], 'b', ['2']],
    [['a=1', 'a=2'], 'a', ['1', '2']],
    [['a="x"; xa=3'], 'a', ['x']],
    [['broken; a=1=2'], 'a', ['1=2']],
    [[], 'a', []],
  ])('%j: %s', (lines, name, values) => expect(cookieValues(lines, name)).toEqual(values));
});

describe('path patterns', () => {
  const matches = (pattern: string, path: string): boolean => new PathPattern(pattern).matches(splitPath(path));

  test.each([
    ['/courses/*', '/courses', true],
    ['/courses/*', '/courses/', true],
    ['/courses/*', '/courses/1/x', true],
    ['/courses/*', '/coursesX', false],
    ['/wallets/{id}', '/wallets/7', true],
    ['/wallets/{id}', '/wallets/7/', true],
    ['/wallets/{id}', '/wallets', false],
    ['/wallets/{id}', '/wallets//', false],
    ['/wallets/{id}/balance', '/wallets/7/balance', true],
    ['/', '/', true],
    ['/*', '/anything/at/all', true],
    ['/a', '/A', false],
  ])('%s on %s: %p', (pattern, path, expected) => expect(matches(pattern, path)).toBe(expected));

  test('gives what a parameter stands for', () => {
    const pattern = new PathPattern('/users/{user}/keys/{key}');
    expect(pattern.parameter('user', splitPath('/users/a%2Fb/keys/1'))).toBe('a/b');
    expect(pattern.parameter('user', splitPath('/users/%zz/keys/1'))).toBeUndefined();
    expect(pattern.parameter('nobody', splitPath('/users/x/keys/1'))).toBeUndefined();
    expect([...pattern.parameterNames]).toEqual(['user', 'key']);
  });

  test('the more literal, the more specific', () => {
    const order = ['/*', '/{a}', '/a/*', '/a/{b}', '/a/b/*', '/a/b', '/a/b/c'];
    const found = order.map((pattern) => new PathPattern(pattern).specificity);
    expect(found).toEqual([...found].sort((a, b) => a - b));
  });

  test.each([['a'], ['/*/b'], ['/a{b}'], ['/{}'], ['/{a b}'], ['/a*']])('%s is no pattern', (pattern) =>
    expect(pathPatternFault(pattern)).not.toBeNull(),
  );
});

describe('traceparent', () => {
  const id = '4bf92f3577b34da6a3ce929d0e0e4736';
  test.each([
    [`00-${id}-00f067aa0ba902b7-01`, id],
    [`cc-${id}-00f067aa0ba902b7-01-more`, id],
    [`ff-${id}-00f067aa0ba902b7-01`, null],
    [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, null],
    [`00-${id}-${'0'.repeat(16)}-01`, null],
    [`00-${id.toUpperCase()}-00f067aa0ba902b7-01`, null],
    ['', null],
    [undefined, null],
  ])('%s', (header, expected) => expect(traceIdOf(header)).toBe(expected));
});

describe('cookies that a service does not see', () => {
  const drops = (name: string): boolean => name === 'secret' || name.startsWith('login-');
  test.each([
    [['a=1; b=2'], undefined],
    [[], undefined],
    [['a=1; secret=x; b="2;3"'], 'a=1; b="2; 3"'],
    [['secret=x'], ''],
    [[' secret = x ;a=1', 'login-7=y; b'], 'a=1; b'],
    [['Secret=x; secrets=y'], undefined],
    [['secret'], ''],
  ])('%j: %j', (lines, left) => expect(withoutCookies(lines, drops)).toBe(left));

  test('leave all others readable as before', () => {
    const name = fc.stringMatching(/^[a-z]{1,3}$/);
    const value = fc.stringMatching(/^[\w!#$%&'()*+./:<>?@^`{|}~-]*$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), name, (pairs, gone) => {
        const line = pairs.map((pair) => pair.join('=')).join('; ');
        const left = withoutCookies([line], (one) => one === gone) ?? line;
        expect(cookieValues([left], gone)).toEqual([]);
        for (const [other] of pairs) if (other !== gone) expect(cookieValues([left], other)).toEqual(cookieValues([line], other));
      }),
    );
  });
});
