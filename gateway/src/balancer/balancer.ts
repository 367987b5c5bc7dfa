import type { Target, Upstream } from '@gatehouse/kong-config';
import { DirectHost } from './direct-host.js';
import { type BalancerEnvironment, environmentWith, type HealthEvent } from './environment.js';
import { BalancerConfigError, balancerFaults } from './faults.js';
import type { HealthRecord } from './health-state.js';
import { NameCache } from './name-cache.js';
import { BalancedPeer, type Peer } from './peer.js';
import type { PickFacts, PickResult } from './pick.js';
import { snapshotOf, type UpstreamSnapshot } from './snapshot.js';
import { UpstreamPool } from './upstream-pool.js';

/** Hosts come from the configuration; past so many all are forgotten and made again as needed. */
const MOST_HOSTS = 10_000;
const FIRST_TRY: readonly Peer[] = [];

/** A peer's health with the names that lead to it, to hand over to a process that starts. */
export interface PeerHealth {
  readonly upstream: string;
  readonly peer: string;
  readonly health: HealthRecord;
}

/**
 * Finds out where a request goes: Kong 3.9's load balancer. A host is an upstream's name, a literal address, or a DNS
 * name. Choosing is synchronous unless a name has to be looked up for the first time.
 */
export class Balancer {
  private readonly environment: BalancerEnvironment;
  private readonly names: NameCache;
  private readonly pools = new Map<string, UpstreamPool>();
  private readonly hosts = new Map<string, Map<number, DirectHost>>();
  private hostCount = 0;

  /**
   * @param targets of all upstreams
   * @param given what to use instead of the real clock, resolver, timers, sockets …
   * @throws BalancerConfigError
   */
  constructor(upstreams: readonly Upstream[], targets: readonly Target[], given: Partial<BalancerEnvironment> = {}) {
    this.environment = environmentWith(given);
    this.names = new NameCache(this.environment);
    this.update(upstreams, targets);
  }

  /**
   * Chooses where a try goes.
   * @param port the service's; an upstream's targets have their own
   * @param facts one object for all tries of a request
   * @param tried where the tries before went, in order
   * @returns a promise only when a name is looked up for the first time
   */
  pick(host: string, port: number, facts: PickFacts, tried: readonly Peer[] = FIRST_TRY): PickResult | Promise<PickResult> {
    const pool = this.pools.get(host);
    if (pool !== undefined) return pool.pick(facts, tried);
    return this.direct(host, port).pick(tried);
  }

  /** A try begins: call it right after `pick`, and `finished` exactly once for it. */
  started(peer: Peer): void {
    if (peer instanceof BalancedPeer) peer.connections++;
  }

  /**
   * A try is over, whatever its end.
   * @param elapsedMs from connecting to the end of the answer; left out when there was no answer
   */
  finished(peer: Peer, elapsedMs?: number): void {
    if (!(peer instanceof BalancedPeer)) return;
    if (peer.connections > 0) peer.connections--;
    if (elapsedMs !== undefined) peer.owner?.finished(peer, elapsedMs);
  }

  /** A passive check: the status of a request's last try, 502 when it failed without an answer; 504 counts as a time-out. */
  reportStatus(peer: Peer, status: number): void {
    if (peer instanceof BalancedPeer) peer.owner?.reportStatus(peer, status);
  }

  /** A passive check: a try that was refused or broken off, and that another try followed. */
  reportTcpFailure(peer: Peer): void {
    if (peer instanceof BalancedPeer) peer.owner?.reportTcpFailure(peer);
  }

  /** A passive check: a try that took too long. */
  reportTimeout(peer: Peer): void {
    if (peer instanceof BalancedPeer) peer.owner?.reportTimeout(peer);
  }

  /**
   * Takes over a new configuration; what stays the same keeps its health, counters and place in the sequence.
   * @throws BalancerConfigError before anything is changed
   */
  update(upstreams: readonly Upstream[], targets: readonly Target[]): void {
    const faults = balancerFaults(upstreams);
    if (faults.length > 0) throw new BalancerConfigError(faults);
    const wanted = new Set(upstreams.map((upstream) => upstream.name));
    for (const [name, pool] of this.pools) {
      if (wanted.has(name)) continue;
      pool.close();
      this.pools.delete(name);
    }
    const byUpstream = Map.groupBy(targets, (target) => target.upstream.id);
    for (const upstream of upstreams) this.updatePool(upstream, byUpstream.get(upstream.id) ?? []);
  }

  /**
   * An operator's word about a target (Kong's `/upstreams/{name}/targets/{target}/healthy`).
   * @param address `ip` or `ip:port` of one of its peers; null = all
   * @returns how many peers it applied to; 0 when there is no such upstream, target or address
   */
  setHealth(upstream: string, target: string, address: string | null, healthy: boolean): number {
    return this.pools.get(upstream)?.force(target, address, healthy) ?? 0;
  }

  /** Counts what another process counted and passed on by `onHealthEvent`. */
  applyHealthEvent(event: HealthEvent): void {
    this.pools.get(event.upstream)?.apply(event);
  }

  /** The health of all peers that are not simply healthy. */
  healthRecords(): PeerHealth[] {
    const records: PeerHealth[] = [];
    for (const [upstream, pool] of this.pools) {
      for (const { key, health } of pool.peers())
        if (health.state !== 'healthy') records.push({ upstream, peer: key, health: { ...health } });
    }
    return records;
  }

  /** Takes over `healthRecords` of another process. */
  restoreHealth(records: readonly PeerHealth[]): void {
    for (const { upstream, peer, health } of records) this.pools.get(upstream)?.restore(peer, health);
  }

  /** The state of every upstream, in the words of Kong's admin API. */
  snapshot(): UpstreamSnapshot[] {
    return [...this.pools.values()].map(snapshotOf);
  }

  /** Ends all timers, probes and look-ups. */
  close(): void {
    for (const pool of this.pools.values()) pool.close();
    this.pools.clear();
    this.names.close();
  }

  private updatePool(upstream: Upstream, targets: readonly Target[]): void {
    const pool = this.pools.get(upstream.name);
    if (pool !== undefined) pool.update(upstream, targets);
    else this.pools.set(upstream.name, new UpstreamPool(upstream, targets, this.names, this.environment));
  }

  private direct(host: string, port: number): DirectHost {
    const known = this.hosts.get(host)?.get(port);
    if (known !== undefined) return known;
    if (this.hostCount >= MOST_HOSTS) this.hosts.clear();
    if (this.hosts.size === 0) this.hostCount = 0;
    this.hostCount++;
    const byPort = this.hosts.get(host) ?? new Map<number, DirectHost>();
    const made = new DirectHost(host, port, this.names, this.environment);
    this.hosts.set(host, byPort.set(port, made));
    return made;
  }
}
