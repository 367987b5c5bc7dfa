import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normalisePath, parseUrl, upgradePath } from './uri.js';

describe('normalisePath', () => {
  test.each([
    ['/', '/'],
    ['/a/../b', '/b'],
    ['/a/./b/', '/a/b/'],
    ['/a//b', '/a/b'],
    ['/..', '/'],
    ['/a/..', '/'],
    ['/a//../b', '/b'],
    ['/%61', '/a'],
    ['/a%2fb', '/a%2Fb'],
    ['/%c3%a4', '/ä'],
    ['/ä', '/ä'],
    ['/a%20b', '/a b'],
  ])('%s becomes %s', (path, normal) => {
    expect(normalisePath(path)).toBe(normal);
  });

  test('a normal path stays as it is', () => {
    const path = fc
      .array(fc.constantFrom('a', '..', '.', '%2e', '%2F', '', 'b%41', 'ä'), { maxLength: 8 })
      .map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(path, (text) => {
        const once = normalisePath(text);
        expect(once.startsWith('/')).toBe(true);
        expect(once.split('/')).not.toContain('..');
        expect(normalisePath(once)).toBe(once);
      }),
    );
  });
});

test.each([
  ['/a', '/a'],
  ['/a/../b', '/b'],
  ['/a/\\d+$', '~/a/\\d+$'],
  ['/a%2eb(c)', '~/a\\.b(c)'],
  ['/%41b', '/Ab'],
])('before 3.0 the path %s meant %s', (old, current) => {
  expect(upgradePath(old)).toBe(current);
});

describe('parseUrl', () => {
  test.each([
    ['http://a.test:8080/b?c#d', { scheme: 'http', host: 'a.test', port: '8080', path: '/b' }],
    ['https://u:p@[::1]:1/', { scheme: 'https', userinfo: 'u:p', host: '::1', port: '1', path: '/' }],
    ['//a.test', { host: 'a.test' }],
    ['a.test', { path: 'a.test' }],
    ['http://a.test?x', { scheme: 'http', host: 'a.test' }],
    ['http:///b', { scheme: 'http', path: '/b' }],
    ['ftp://a:x/b;c', { scheme: 'ftp', host: 'a', port: 'x', path: '/b' }],
  ])('%s', (text, parts) => {
    expect(parseUrl(text)).toEqual(parts);
  });

  test('nothing is no URL', () => {
    expect(parseUrl('')).toBeNull();
  });
});
