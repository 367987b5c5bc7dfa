import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { normalizePath } from './path.js';
import { joinUpstreamPath } from './upstream-path.js';

describe('joinUpstreamPath', () => {
  // Columns: what the service has as its path. Recorded from Kong 3.9.
  test.each([
    ['/api', '/api', ['/', '/base', '/base']],
    ['/api', '/api/', ['/', '/base/', '/base/']],
    ['/api', '/api/x', ['/x', '/base/x', '/base/x']],
    ['/api', '/apix', ['/x', '/base/x', '/base/x']],
    ['/sl/', '/sl/', ['/', '/base/', '/base/']],
    ['/sl/', '/sl/x', ['/x', '/base/x', '/base/x']],
    ['/', '/', ['/', '/base', '/base/']],
    ['/', '/other/', ['/other/', '/base/other/', '/base/other/']],
    [null, '/', ['/', '/base', '/base/']],
    [null, '/x/y', ['/x/y', '/base/x/y', '/base/x/y']],
  ])('stripping %s of %s', (matched, path, expected) => {
    expect(['/', '/base', '/base/'].map((base) => joinUpstreamPath(base, path, true, matched))).toEqual(expected);
  });

  test.each([
    ['/', ['/', '/base', '/base/']],
    ['/api', ['/api', '/base/api', '/base/api']],
    ['/api/', ['/api/', '/base/api/', '/base/api/']],
    ['/api/x', ['/api/x', '/base/api/x', '/base/api/x']],
  ])('keeping %s', (path, expected) => {
    expect(['/', '/base', '/base/'].map((base) => joinUpstreamPath(base, path, false, '/api'))).toEqual(expected);
  });

  test.each([
    ['/a', '/a..', '/base'],
    ['/a', '/a.', '/base'],
    ['/a', '/a../b', '/base/b'],
    ['/a', '/a./b', '/base/b'],
    ['/a', '/a...', '/base/...'],
  ])('stripping %s of %s leaves no dot segment', (matched, path, expected) => {
    expect(joinUpstreamPath('/base', path, true, matched)).toBe(expected);
  });

  test('never climbs, wherever the prefix ends', () => {
    const raw = fc.array(fc.constantFrom('/', '.', '..', 'a', '%2e'), { maxLength: 14 }).map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(raw, fc.nat(15), fc.constantFrom('/', '/base', '/base/'), (sent, length, base) => {
        const path = normalizePath(sent);
        if (path === null) return;
        const upstream = joinUpstreamPath(base, path, true, path.slice(0, length));
        expect(upstream.split('/')).not.toContain('..');
        expect(upstream.startsWith(base === '/' ? '/' : '/base')).toBe(true);
      }),
    );
  });
});
