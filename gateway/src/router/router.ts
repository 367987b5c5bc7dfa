/**
 * Kong 3.9's router of flavour `traditional_compatible`: of all routes whose conditions a request meets, the one of the
 * highest rank takes it. An index by host and path leaves few to look at, whatever the size of the table.
 */
import type { Route, Service } from '@gatehouse/kong-config';
import { fromBytes, toBytes } from './bytes.js';
import { RouteCompiler } from './compile-route.js';
import { type HeaderCondition, isReadable } from './header-condition.js';
import { HostIndex } from './host-index.js';
import type { Matcher } from './matcher.js';
import { Probe } from './probe.js';
import { CharClasses } from './regex/char-class.js';
import type { Groups } from './regex/route-regex.js';
import { type RouteFacts, type RouteFault, type RouteMatch, RouterError, type UriCaptures } from './types.js';
import { joinUpstreamPath } from './upstream-path.js';

/**
 * Compiles a table of routes. Routes of disabled services, for streams, or without any condition take nothing.
 * @throws RouterError naming every condition that can't be compiled, and services that are not there
 */
export function buildRouter(routes: readonly Route[], servicesById: ReadonlyMap<string, Service>): Router {
  const compiler = new RouteCompiler(new CharClasses());
  const faults: RouteFault[] = [];
  const matchers = routes.flatMap((route) => {
    const service = route.service === null ? null : servicesById.get(route.service.id);
    if (service === undefined) {
      faults.push({ route, field: 'service', message: `there is no service with id ${route.service?.id}` });
      return [];
    }
    return service?.enabled === false ? [] : compiler.compile(route, service);
  });
  faults.push(...compiler.faults);
  if (faults.length > 0) throw new RouterError(faults);
  return new Router(matchers);
}

/** Greatest priority first, then greatest id. */
export function byRank(one: Matcher, other: Matcher): number {
  if (one.priority !== other.priority) return one.priority > other.priority ? -1 : 1;
  return one.id > other.id ? -1 : 1;
}

export class Router {
  private readonly index = new HostIndex();
  private readonly usesPaths: boolean;
  private readonly usesHosts: boolean;
  /** One for each header that any route looks at. */
  private readonly headerConditions: readonly HeaderCondition[];

  constructor(matchers: readonly Matcher[]) {
    matchers.toSorted(byRank).forEach((matcher, rank) => {
      matcher.rank = rank;
      this.index.add(matcher);
    });
    this.usesPaths = matchers.some(({ prefixes, patterns }) => prefixes !== null || patterns !== null);
    const headers = matchers.flatMap(({ conditions }) => conditions.headers ?? []);
    this.headerConditions = [...new Map(headers.map((condition) => [condition.underscored, condition])).values()];
    this.usesHosts = matchers.some(({ conditions }) => conditions.hosts !== null);
  }

  /** The route that takes a request, and what of its path goes to the service; null when none does. */
  match(facts: RouteFacts): RouteMatch | null {
    const probe = new Probe(facts);
    // As in Kong, a path that is no UTF-8 has no route, once any route looks at paths; likewise host and headers.
    if (probe.text === null && this.usesPaths) return null;
    if (this.usesHosts && fromBytes(probe.host) === null) return null;
    if (this.headerConditions.length > 0 && !this.headerConditions.every((condition) => isReadable(condition, facts.headers))) return null;
    this.index.visit(probe);
    return probe.best === null ? null : outcome(probe, probe.best);
  }
}

function outcome(probe: Probe, matcher: Matcher): RouteMatch {
  const matched = matchedPath(probe, matcher);
  return {
    route: matcher.ranked.route,
    service: matcher.service,
    upstreamUri: joinUpstreamPath(matcher.base, probe.path, matcher.stripPath, matched),
    prefix: matcher.stripPath && matched !== '/' ? matched : null,
    captures: probe.groups === null ? null : capturesOf(probe, probe.groups),
  };
}

/** What of the path the route's own path matched; null when it has none, or matched nothing. */
function matchedPath({ path, groups, ascii }: Probe, { prefixes, prefixLength }: Matcher): string | null {
  if (groups === null) return prefixes === null ? null : path.slice(0, prefixLength);
  const whole = groups[0]!;
  if (whole === '') return null;
  return ascii ? whole : toBytes(whole);
}

function capturesOf(probe: Probe, groups: Groups): UriCaptures | null {
  if (groups.every((group, i) => i === 0 || group === undefined)) return null;
  const names = probe.pattern!.groupNames;
  const unnamed: string[] = [];
  const named: Record<string, string> = Object.create(null);
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i];
    const name = names[i] ?? null;
    const bytes = group === undefined || probe.ascii ? group : toBytes(group);
    unnamed.push(bytes ?? '');
    if (name !== null && bytes !== undefined) named[name] = bytes;
  }
  return { unnamed, named };
}
