import { describe, expect, test } from '@jest/globals';
import { RouteRegex } from './route-regex.js';

describe('requiredShape', () => {
  test.each([
    ['^/users/\\d+', '/users/', ['users']],
    ['^/users/(?P<id>[^/]+)/posts$', '/users/', ['users', null, 'posts']],
    ['^/users/(?P<id>[^/]+)/posts', '/users/', ['users', null]],
    ['^/a\\.b/v[12]x/c', '/a.b/v', ['a.b', null]],
    ['^/(?:a|b)/c$', '/', [null, 'c']],
    ['^/(a/)?b$', '/', []],
    ['^/.*/b$', '/', []],
    ['^(/a/b$)', '/a/b', ['a', 'b']],
    ['^/(?i)abc$', '/', [null]],
    ['^/a|/b', '', []],
    ['/a', '', []],
    ['^é', '', []],
  ])('%s', (pattern, prefix, segments) => expect(new RouteRegex(pattern).shape).toEqual({ prefix, segments }));
});
