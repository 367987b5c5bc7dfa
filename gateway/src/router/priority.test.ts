import type { Route } from '@gatehouse/kong-config';
import { describe, expect, test } from '@jest/globals';
import { makeRoute } from './fixtures.js';
import { routePriority } from './priority.js';

const priorityOf = (fields: Partial<Route>) => routePriority({ route: makeRoute('r', fields), paths: fields.paths ?? [] });
const one = { ip: '1.1.1.1', port: null };

describe('routePriority', () => {
  // Numbers from Kong 3.9.3's own function, run by the LuaJIT of OpenResty 1.25.3.2 on x86-64.
  test.each<[bigint, Partial<Route>]>([
    [536870916n, { paths: ['/abc'] }],
    [536870912n, { methods: ['GET'] }],
    [1073741828n, { methods: ['GET'], paths: ['/abc'] }],
    [537919488n, { headers: { a: ['1'] } }],
    [1075838980n, { headers: { a: ['1'], b: ['2'] }, paths: ['/abc'] }],
    [1152921505143717888n, { hosts: ['a.test'] }],
    [536870912n, { hosts: ['*.a.test'] }],
    [536870912n, { hosts: ['*.a.test', 'b'] }],
    [1152921505680588804n, { hosts: ['a'], paths: ['/abc'] }],
    [1152921505143717892n, { hosts: [], paths: ['/abc'] }],
    [1610612740n, { hosts: ['*.a'], methods: ['GET'], paths: ['/abc'] }],
    [2251800350556160n, { paths: ['~/abc'] }],
    [2251800351604736n, { paths: ['~/abc'], regex_priority: 2 }],
    [9225623837205331968n, { paths: ['~/abc'], regex_priority: -1 }],
    [9225623837205331968n, { paths: ['~/abc'], regex_priority: 4096 }],
    [2251800350556160n, { paths: ['~/abc'], regex_priority: 8192 }],
    [1155173305494274048n, { hosts: ['a'], paths: ['~/abc'] }],
    [536870916n, { paths: ['/abc'], regex_priority: 5 }],
    [9223372036854775808n, { hosts: ['*.a'], methods: ['GET'], paths: ['/abc'], headers: { a: ['1'] } }],
    [10376293541462671364n, { hosts: ['a'], methods: ['GET'], paths: ['/abc'], headers: { a: ['1'] } }],
    [
      10378545341276356608n,
      { hosts: ['a'], methods: ['GET'], paths: ['~/abc'], headers: { a: ['1'] }, snis: ['a'], sources: [one], destinations: [one] },
    ],
    [1610612736n, { snis: ['a'], sources: [one], destinations: [one] }],
  ])('%s for %j', (expected, fields) => expect(priorityOf(fields)).toBe(expected));

  test('goes by kinds of condition before the length of the path', () => {
    expect(priorityOf({ hosts: ['*.a'], paths: ['/a'] })).toBeGreaterThan(priorityOf({ paths: ['/a/very/long/path'] }));
  });

  test('with one condition each: host, header, path, method', () => {
    const [host, header, path, method] = [{ hosts: ['a'] }, { headers: { a: ['1'] } }, { paths: ['/a'] }, { methods: ['GET'] }].map(
      priorityOf,
    );
    expect(host).toBeGreaterThan(header!);
    expect(header).toBeGreaterThan(path!);
    expect(path).toBeGreaterThan(method!);
  });

  test('puts a plain host and then a regular expression before any other number of conditions', () => {
    const three = priorityOf({ hosts: ['*.a'], methods: ['GET'], paths: ['/a'] });
    expect(priorityOf({ paths: ['~/a'] })).toBeGreaterThan(three);
    expect(priorityOf({ hosts: ['a'] })).toBeGreaterThan(priorityOf({ methods: ['GET'], paths: ['~/a'] }));
  });
});
