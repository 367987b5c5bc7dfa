import type { Route } from '@gatehouse/kong-config';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeFacts, makeRoute } from './fixtures.js';
import { routePriority } from './priority.js';
import { buildRouter } from './router.js';
import type { RouteFacts } from './types.js';

const hosts = ['a.test', 'b.test', 'x.a.test', '*.a.test', '*.test', 'a.*', 'x.a.*', 'a.test:9'];
const paths = [
  '/',
  '/a',
  '/a/',
  '/ab',
  '/a/b',
  '/a/b/c',
  '/b',
  '~/a',
  '~/a/\\d+',
  '~/[^/]+/b',
  '~/[^/]+/[^/]+/c$',
  '~/(?:a|b)/',
  '~/.*c$',
  '~/a.*b.*c',
];

const subset = (items: string[], maxLength: number) =>
  fc.option(fc.uniqueArray(fc.constantFrom(...items), { minLength: 1, maxLength }), { freq: 2 });

const routeFields: fc.Arbitrary<Partial<Route>> = fc.record({
  hosts: subset(hosts, 3),
  paths: subset(paths, 4),
  methods: subset(['GET', 'POST', 'PUT'], 2),
  headers: fc.constantFrom(null, { 'x-a': ['1'] }, { 'x-b': ['1'] }, { 'x-a': ['1'], 'x-b': ['1'] }),
  regex_priority: fc.constantFrom(0, 0, 1, 2, 5),
  strip_path: fc.boolean(),
});

const request: fc.Arbitrary<RouteFacts> = fc
  .record({
    host: fc.constantFrom('a.test', 'b.test', 'x.a.test', 'y.x.a.test', 'a.com', 'a.test:9', 'z'),
    path: fc
      .array(fc.constantFrom('/a', '/b', '/c', '/', 'b', '1', 'c'), { maxLength: 5 })
      .map((parts) => `/${parts.join('')}`.replaceAll(/\/+/g, '/')),
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE'),
    lines: fc.subarray<[string, string]>([
      ['x-a', '1'],
      ['x-b', '1'],
    ]),
  })
  .map(({ lines, ...fields }) => makeFacts(fields, lines));

/** Every group of paths of one rank, tried one after the other in order of rank. */
function linearMatch(routes: readonly Route[], facts: RouteFacts): Route | null {
  const candidates = routes.flatMap((route) => {
    const groups = route.paths ? [...Map.groupBy(route.paths, (path) => (path[0] === '~' ? 0 : path.length)).values()] : [[]];
    return groups.map((group) => ({ route, paths: group, priority: routePriority({ route, paths: group }) }));
  });
  candidates.sort((one, other) => Number(other.priority > one.priority) - Number(other.priority < one.priority));
  const taker = candidates.find((candidate) => meets(candidate.route, candidate.paths, facts));
  return taker?.route ?? null;
}

function meets(route: Route, group: readonly string[], facts: RouteFacts): boolean {
  const [name, port] = facts.host.split(':');
  return (
    (route.methods?.includes(facts.method) ?? true) &&
    (route.hosts?.some((host) => hostMeets(host, name!, port ?? '8000')) ?? true) &&
    Object.keys(route.headers ?? {}).every((header) => facts.headers.get(header) === '1') &&
    (group.length === 0 ||
      group.some((path) => (path[0] === '~' ? new RegExp(`^${path.slice(1)}`).test(facts.path) : facts.path.startsWith(path))))
  );
}

function hostMeets(host: string, name: string, port: string): boolean {
  const [wanted, wantedPort] = host.split(':');
  if (wantedPort !== undefined && wantedPort !== port) return false;
  if (wanted!.startsWith('*')) return name.endsWith(wanted!.slice(1));
  return wanted!.endsWith('*') ? name.startsWith(wanted!.slice(0, -1)) : name === wanted;
}

test('the index finds what trying every route in order finds', () => {
  fc.assert(
    fc.property(
      fc.array(routeFields, { minLength: 1, maxLength: 14 }),
      fc.array(request, { minLength: 1, maxLength: 8 }),
      (fields, requests) => {
        // Among routes of one rank ids decide, which the reference leaves out: it is enough that the rank is the same.
        const routes = fields.filter(hasCondition).map((each, i) => makeRoute(`r${String(i).padStart(2, '0')}`, each));
        const router = buildRouter(routes, new Map());
        for (const facts of requests) {
          const expected = linearMatch(routes, facts);
          const actual = router.match(facts)?.route ?? null;
          if (actual?.id !== expected?.id) expect(rankOf(actual, facts)).toBe(rankOf(expected, facts));
        }
      },
    ),
    { numRuns: 600 },
  );
});

function hasCondition({ hosts: h, paths: p, methods: m, headers: d }: Partial<Route>): boolean {
  return Boolean(h || p || m || d);
}

/** The highest rank with which a route takes a request: two routes of the same one are a tie. */
function rankOf(route: Route | null, facts: RouteFacts): bigint | null {
  if (!route) return null;
  const groups = route.paths ? [...Map.groupBy(route.paths, (path) => (path[0] === '~' ? 0 : path.length)).values()] : [[]];
  const ranks = groups.filter((group) => meets(route, group, facts)).map((group) => routePriority({ route, paths: group }));
  return ranks.toSorted((one, other) => Number(other - one > 0n) - Number(other - one < 0n))[0] ?? null;
}
