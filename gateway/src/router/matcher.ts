/** Conditions of a route, compiled; a route whose paths differ in rank becomes several. */
import type { Service } from '@gatehouse/kong-config';
import { toBytes } from './bytes.js';
import { type EndCondition, endMatches, type SniCondition, sniMatches } from './connection-condition.js';
import { type HeaderCondition, headerMatches } from './header-condition.js';
import { type HostCondition, hostMatches } from './host.js';
import { type RankedRoute, routePriority } from './priority.js';
import type { Probe } from './probe.js';
import type { RouteRegex } from './regex/route-regex.js';

/** Conditions that are alike for all paths of a route; null: no such condition. */
export interface Conditions {
  readonly methods: readonly string[] | null;
  readonly hosts: readonly HostCondition[] | null;
  readonly headers: readonly HeaderCondition[] | null;
  readonly snis: readonly SniCondition[] | null;
  readonly sources: readonly EndCondition[] | null;
  readonly destinations: readonly EndCondition[] | null;
}

export class Matcher {
  /** Place among all of a table, 0 first; set when the table is in order. */
  rank = 0;
  readonly priority: bigint;
  readonly stripPath: boolean;
  /** The service's path as bytes, `/` when it has none. */
  readonly base: string;
  /** Length of every plain path. */
  readonly prefixLength: number;
  /** Hosts with a port, which the index does not know of. */
  private readonly hostsToCheck: readonly HostCondition[] | null;

  /**
   * @param id UUID, lower case: the greater goes first among equals
   * @param prefixes plain paths of one length; null when there are none
   * @param patterns regular expressions in the order in which they are tried; null when there are none
   */
  constructor(
    readonly ranked: RankedRoute,
    readonly id: string,
    readonly service: Service | null,
    readonly conditions: Conditions,
    readonly prefixes: readonly string[] | null,
    readonly patterns: readonly RouteRegex[] | null,
  ) {
    this.priority = routePriority(ranked);
    this.stripPath = ranked.route.strip_path;
    this.base = toBytes(service?.path ?? '/');
    this.prefixLength = prefixes?.[0]?.length ?? 0;
    this.hostsToCheck = conditions.hosts?.every(({ port }) => port === null) ? null : conditions.hosts;
  }

  /** All conditions but those that led here: a plain path, a host without a port. */
  accepts(probe: Probe): boolean {
    const { methods, headers, snis, sources, destinations } = this.conditions;
    const { facts } = probe;
    if (methods !== null && !methods.includes(facts.method)) return false;
    if (this.hostsToCheck !== null && !anyHost(this.hostsToCheck, probe)) return false;
    if (snis !== null && facts.scheme === 'https' && !anySni(snis, facts.sni)) return false;
    if (sources !== null && !sources.some((end) => endMatches(end, probe.sourceAddress, facts.sourcePort))) return false;
    if (destinations !== null && !destinations.some((end) => endMatches(end, probe.destinationAddress, probe.port))) return false;
    if (headers !== null && !allHeaders(headers, probe)) return false;
    return this.matchesPattern(probe);
  }

  /** Tells the probe what the first regular expression that matches found. */
  private matchesPattern(probe: Probe): boolean {
    const { patterns } = this;
    if (patterns === null) {
      probe.groups = null;
      return true;
    }
    for (let i = 0; i < patterns.length; i++) {
      const groups = patterns[i]!.execute(probe.text!, probe.ascii);
      if (groups === null) continue;
      probe.pattern = patterns[i]!;
      probe.groups = groups;
      return true;
    }
    return false;
  }
}

function anyHost(hosts: readonly HostCondition[], probe: Probe): boolean {
  for (let i = 0; i < hosts.length; i++) if (hostMatches(hosts[i]!, probe.host, probe.port)) return true;
  return false;
}

function anySni(snis: readonly SniCondition[], sni: string | undefined): boolean {
  return sni !== undefined && snis.some((condition) => sniMatches(condition, sni));
}

function allHeaders(conditions: readonly HeaderCondition[], probe: Probe): boolean {
  for (let i = 0; i < conditions.length; i++) if (!headerMatches(conditions[i]!, probe.headers)) return false;
  return true;
}
