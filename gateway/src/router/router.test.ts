import type { Route } from '@gatehouse/kong-config';
import { describe, expect, test } from '@jest/globals';
import { makeFacts, makeRoute, makeService } from './fixtures.js';
import { buildRouter } from './router.js';
import { type RouteFacts, RouterError } from './types.js';

const noServices = new Map();

/** Ids in the order of the fields: r0, r1 … */
function router(...fields: Partial<Route>[]) {
  return buildRouter(
    fields.map((each, i) => makeRoute(`r${i}`, each)),
    noServices,
  );
}

function taker(table: ReturnType<typeof router>, facts: Partial<RouteFacts>, lines: [string, string][] = []): string | null {
  return table.match(makeFacts(facts, lines))?.route.id ?? null;
}

describe('hosts', () => {
  const table = router(
    { hosts: ['a.test'] },
    { hosts: ['*.a.test'] },
    { hosts: ['x.*'] },
    { hosts: ['p.test:9999'] },
    { hosts: ['*.p.test:8000', 'q.test'] },
    { hosts: ['[::1]:80'] },
  );

  test.each([
    ['a.test', 'r0'],
    ['a.test:1', 'r0'],
    ['A.test', null],
    ['a.test.', null],
    ['a.test:no', null],
    ['x.a.test', 'r2'],
    ['y.x.a.test:5', 'r1'],
    ['xa.test', null],
    ['x.b', 'r2'],
    ['p.test', null],
    ['p.test:9999', 'r3'],
    ['p.test:0x270F', 'r3'],
    ['p.test:9999.0', 'r3'],
    ['z.p.test', 'r4'],
    ['z.p.test:8000', 'r4'],
    ['z.p.test:8001', null],
    ['q.test:7', 'r4'],
    ['[::1]:80', 'r5'],
    ['[::1]', null],
    ['', null],
    ['x.\xff', null],
  ])('%s is taken by %s', (host, expected) => expect(taker(table, { host })).toBe(expected));
});

describe('headers', () => {
  const table = router(
    { headers: { 'X-Version': ['V1', 'v2'] } },
    { headers: { 'x-version': ['~*^v\\d+$'], 'X-B': ['2'] } },
    { headers: { X_Odd: ['caf\u00e9'] } },
  );

  test.each<[[string, string][], string | null]>([
    [[['X-Version', 'v1']], 'r0'],
    [[['x-version', 'V2']], 'r0'],
    [[['X-Version', 'v3']], null],
    [[['X-Version', 'v1, v2']], null],
    [
      [
        ['X-Version', 'v3'],
        ['X-Version', 'v1'],
      ],
      'r0',
    ],
    [
      [
        ['X-Version', 'V77'],
        ['X-B', '2'],
      ],
      'r1',
    ],
    [[['X-B', '2']], null],
    [[['x_version', 'v1']], 'r0'],
    [
      [
        ['X-Version', 'v1'],
        ['x_version', 'v9'],
      ],
      null,
    ],
    [[['x-odd', 'CAF\xc3\x89']], 'r2'],
    [
      [
        ['X-Version', 'v1'],
        ['X-B', '\xff'],
      ],
      null,
    ],
    [[], null],
  ])('%j are taken by %s', (lines, expected) => expect(taker(table, {}, lines)).toBe(expected));

  test('no more than the first hundred lines count', () => {
    const lines = Array.from({ length: 100 }, (_, i): [string, string] => [`h${i}`, '']);
    expect(taker(table, {}, [...lines, ['X-Version', 'v1']])).toBeNull();
    expect(taker(table, {}, [...lines.slice(1), ['X-Version', 'v1']])).toBe('r0');
  });
});

describe('connections', () => {
  test('a server name counts over https only', () => {
    const table = router({ paths: ['/'], snis: ['a.test.', '*.b.test', 'c.*'], protocols: ['https'] });
    const names = ['a.test', 'x.b.test', 'c.d', 'b.test', 'd', undefined];
    expect(names.map((sni) => taker(table, { scheme: 'https', sni }))).toEqual(['r0', 'r0', 'r0', null, null, null]);
    expect(taker(table, { scheme: 'http' })).toBe('r0');
  });

  test('sources by address, network and port', () => {
    const ends = [
      { ip: '10.0.0.0/8', port: null },
      { ip: '127.0.0.1', port: 1 },
      { ip: 'fe80::/10', port: null },
      { ip: null, port: 2 },
    ];
    const table = router({ paths: ['/'], sources: ends });
    const ask = (sourceIp: string, sourcePort = 9) => taker(table, { sourceIp, sourcePort });
    expect([ask('10.1.2.3'), ask('::ffff:10.1.2.3'), ask('127.0.0.1', 1), ask('fe80::1'), ask('8.8.8.8', 2)]).toEqual(Array(5).fill('r0'));
    expect([ask('11.0.0.1'), ask('127.0.0.1'), ask('::1'), ask('nonsense')]).toEqual(Array(4).fill(null));
  });

  test("destinations: a port in the Host header stands for the listener's", () => {
    const table = router({ paths: ['/'], destinations: [{ ip: '127.0.0.1', port: 9 }] });
    expect(taker(table, { destinationPort: 9 })).toBe('r0');
    expect(taker(table, { destinationPort: 8000, host: 'a:9' })).toBe('r0');
    expect(taker(table, { destinationPort: 9, host: 'a:8000' })).toBeNull();
  });
});

describe('paths', () => {
  test('prefixes have no segment boundary; the longest of a route is stripped', () => {
    const table = router({ paths: ['/one', '/one/two', '/three'] });
    const ask = (path: string) => table.match(makeFacts({ path }));
    expect(ask('/one/two/x')).toMatchObject({ upstreamUri: '/x', prefix: '/one/two', captures: null });
    expect(ask('/onex')).toMatchObject({ upstreamUri: '/x', prefix: '/one' });
    expect(ask('/four')).toBeNull();
  });

  test('a regular expression is anchored at its start and stripped by what it matched', () => {
    const table = router({ paths: ['~/v(?<major>\\d+)/(x)?'] });
    expect(table.match(makeFacts({ path: '/v12/x/y' }))).toMatchObject({ upstreamUri: '/y', prefix: '/v12/x' });
    expect(table.match(makeFacts({ path: '/v12/' }))?.captures).toEqual({ unnamed: ['/v12/', '12', ''], named: { major: '12' } });
    expect(table.match(makeFacts({ path: '/a/v12/' }))).toBeNull();
  });

  test('only the first alternative is anchored, as Kong puts a mere ^ in front', () => {
    expect(router({ paths: ['~/a|/b'] }).match(makeFacts({ path: '/x/b' }))).toMatchObject({ prefix: '/b', upstreamUri: '/b' });
  });

  test('characters count in regular expressions, bytes outside', () => {
    const table = router({ paths: ['~/caf(.)$', '/caf\u00e9'] });
    expect(table.match(makeFacts({ path: '/caf\xc3\xa9' }))?.captures?.unnamed).toEqual(['/caf\xc3\xa9', '\xc3\xa9']);
    expect(table.match(makeFacts({ path: '/caf\xc3\xa9/x' }))).toMatchObject({ prefix: '/caf\xc3\xa9', upstreamUri: '/x', captures: null });
    expect(table.match(makeFacts({ path: '/caf\xe9' }))).toBeNull();
  });

  test('nothing is said of a prefix that is only the root, or that stays', () => {
    expect(router({ paths: ['/'] }).match(makeFacts({ path: '/x' }))).toMatchObject({ prefix: null, upstreamUri: '/x' });
    expect(router({ paths: ['/x'], strip_path: false }).match(makeFacts({ path: '/x' }))).toMatchObject({
      prefix: null,
      upstreamUri: '/x',
    });
  });
});

describe('tables', () => {
  test('of equal routes the one with the greater id takes the request', () => {
    const ids = ['11111111-0000-4000-8000-000000000000', 'ffffffff-0000-4000-8000-000000000000', 'AAAAAAAA-0000-4000-8000-000000000000'];
    const table = buildRouter(
      ids.map((id) => makeRoute(id, { paths: ['/same'] })),
      noServices,
    );
    expect(table.match(makeFacts({ path: '/same' }))?.route.id).toBe(ids[1]);
  });

  test('a split route ties by ids derived from its own, as in Kong', () => {
    // UUID v5 in Kong's namespace of "<id>#1" starts with 7524358c, of "<id>#2" with fd4f20d1.
    const split = makeRoute('11111111-0000-4000-8000-000000000000', { paths: ['/a', '/bb'] });
    const rivals = ['75000000', '76000000', 'fd000000', 'fe000000'].map((start, i) =>
      makeRoute(`${start}-0000-4000-8000-000000000000`, { paths: [i < 2 ? '/a' : '/bb'] }),
    );
    const takers = rivals.map((rival) => buildRouter([split, rival], noServices).match(makeFacts({ path: rival.paths![0]! }))?.route);
    expect(takers).toEqual([split, rivals[1], split, rivals[3]]);
  });

  test('disabled services, streams and routes without conditions take nothing', () => {
    const services = new Map([
      ['on', makeService('on', { path: '/base' })],
      ['off', makeService('off', { enabled: false })],
    ]);
    const routes = [
      makeRoute('r0', { paths: ['/a/b'], service: { id: 'off' } }),
      makeRoute('r1', { paths: ['/a'], service: { id: 'on' } }),
      makeRoute('r2', { protocols: ['tcp'], sources: [{ ip: null, port: 1 }] }),
      makeRoute('r3', {}),
    ];
    const table = buildRouter(routes, services);
    expect(table.match(makeFacts({ path: '/a/b' }))).toMatchObject({ route: { id: 'r1' }, service: { id: 'on' }, upstreamUri: '/base/b' });
    expect(table.match(makeFacts({ path: '/', sourcePort: 1 }))).toBeNull();
  });

  test('every fault is named', () => {
    const routes = [
      makeRoute('r0', { paths: ['/fine', '~/(?=x)', '~/(a'] }),
      makeRoute('r1', { headers: { 'x-a': ['v', '~*['] } }),
      makeRoute('r2', { paths: ['/'], service: { id: 'gone' } }),
      makeRoute('r3', { paths: ['/'], sources: [{ ip: '1.2.3', port: null }] }),
    ];
    expect(() => buildRouter(routes, noServices)).toThrow(RouterError);
    try {
      buildRouter(routes, noServices);
    } catch (error) {
      const fields = (error as RouterError).faults.map(({ route, field }) => `${route.id} ${field}`);
      expect(fields.toSorted()).toEqual(['r0 paths[1]', 'r0 paths[2]', 'r1 headers.x-a[1]', 'r2 service', 'r3 sources[0]']);
    }
  });
});
