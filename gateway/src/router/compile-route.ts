/** From a route to its matchers, noting what can't be compiled. */
import { createHash } from 'node:crypto';
import type { Route, Service } from '@gatehouse/kong-config';
import { toBytes } from './bytes.js';
import { compileEnd, compileSni, type EndCondition } from './connection-condition.js';
import { compileHeaderValue, type HeaderCondition, makeHeaderCondition } from './header-condition.js';
import { compileHost } from './host.js';
import { type Conditions, Matcher } from './matcher.js';
import type { CharClasses } from './regex/char-class.js';
import { RouteRegex } from './regex/route-regex.js';
import type { RouteFault } from './types.js';

/** What Kong derives the ids of a split route from. */
const SPLIT_NAMESPACE = Buffer.from('7f145bf90dce4f9198ebdebbce4b9f6b', 'hex');

const httpProtocols = new Set(['http', 'https', 'grpc', 'grpcs', 'ws', 'wss']);

/** Compiles routes of one table; `faults` collects what is wrong with them. */
export class RouteCompiler {
  readonly faults: RouteFault[] = [];

  constructor(private readonly classes: CharClasses) {}

  /** None for a route that takes no HTTP request: one for streams, or without any condition. */
  compile(route: Route, service: Service | null): Matcher[] {
    if (!route.protocols.some((protocol) => httpProtocols.has(protocol))) return [];
    const conditions = this.conditionsOf(route);
    const id = route.id.toLowerCase();
    const groups = groupPaths(route.paths ?? []);
    if (groups.length > 1) return groups.map((paths, i) => this.matcher(route, splitId(id, i + 1), service, conditions, paths));
    const paths = groups[0] ?? [];
    const isEmpty = paths.length === 0 && Object.values(conditions).every((condition) => condition === null);
    return isEmpty ? [] : [this.matcher(route, id, service, conditions, paths)];
  }

  private matcher(route: Route, id: string, service: Service | null, conditions: Conditions, paths: readonly string[]): Matcher {
    const bytes = paths.map(toBytes);
    const isRegex = bytes[0]?.startsWith('~') ?? false;
    const patterns = isRegex ? paths.flatMap((path) => this.pattern(route, path)) : null;
    return new Matcher({ route, paths: bytes }, id, service, conditions, isRegex || bytes.length === 0 ? null : bytes, patterns);
  }

  private pattern(route: Route, path: string): RouteRegex[] {
    // Anchored as Kong does it, by a `^` in front: of `/a|/b` only the first alternative is.
    const source = `^${path.slice(1).replaceAll('?<', '?P<')}`;
    const field = `paths[${route.paths!.indexOf(path)}]`;
    return this.attempt(route, field, () => new RouteRegex(source, this.classes));
  }

  private conditionsOf(route: Route): Conditions {
    return {
      methods: orNull(route.methods),
      hosts: orNull(route.hosts?.map(compileHost)),
      headers: orNull(this.headersOf(route)),
      snis: orNull(route.snis?.map(compileSni)),
      sources: this.endsOf(route, 'sources'),
      destinations: this.endsOf(route, 'destinations'),
    };
  }

  private headersOf(route: Route): HeaderCondition[] {
    return Object.entries(route.headers ?? {}).map(([name, values]) => {
      const compiled = values.flatMap((value, i) =>
        this.attempt(route, `headers.${name}[${i}]`, () => compileHeaderValue(value, this.classes)),
      );
      return makeHeaderCondition(name, compiled);
    });
  }

  private endsOf(route: Route, field: 'sources' | 'destinations'): EndCondition[] | null {
    return orNull(route[field]?.flatMap((end, i) => this.attempt(route, `${field}[${i}]`, () => compileEnd(end))));
  }

  /** What was made, or nothing and a fault. */
  private attempt<T>(route: Route, field: string, make: () => T): T[] {
    try {
      return [make()];
    } catch (error) {
      this.faults.push({ route, field, message: error instanceof Error ? error.message : String(error) });
      return [];
    }
  }
}

function orNull<T>(list: T[] | null | undefined): T[] | null {
  return list && list.length > 0 ? list : null;
}

/** Paths of one rank together: all regular expressions, and plain ones of each length in bytes. */
function groupPaths(paths: readonly string[]): string[][] {
  const groups = Map.groupBy(paths, (path) => (path.startsWith('~') ? 0 : Buffer.byteLength(path)));
  return [...groups.values()];
}

/** UUID v5 of `<route id>#<number from 1>` (Kong: router/transform.lua split_routes_and_services_by_path). */
function splitId(id: string, number: number): string {
  const hash = createHash('sha1').update(SPLIT_NAMESPACE).update(`${id}#${number}`).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
