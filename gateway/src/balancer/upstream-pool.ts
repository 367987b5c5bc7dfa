import type { Target, Upstream } from '@gatehouse/kong-config';
import { ActiveChecker, type CheckedPool } from './active-checker.js';
import { type Algorithm, createAlgorithm } from './algorithm.js';
import { CheckRules, lacksWayBack, usesHealthchecks } from './check-rules.js';
import type { BalancerEnvironment, HealthEvent } from './environment.js';
import { HashReader } from './hash-input.js';
import type { CountKind, HealthRecord } from './health-state.js';
import type { NameCache } from './name-cache.js';
import type { BalancedPeer, Peer } from './peer.js';
import { NOT_PICKED, type NotPicked, type PickFacts, type PickResult } from './pick.js';
import type { ProbeOutcome } from './probe.js';
import { PoolTarget, type TargetOwner } from './target.js';

/** One upstream at work: its targets, which of their peers may take requests, and who is next. */
export class UpstreamPool implements TargetOwner, CheckedPool {
  upstream: Upstream;
  readonly targets = new Map<string, PoolTarget>();
  /** Sums over all peers: what is configured, and what of it is not taken out. */
  totalWeight = 0;
  availableWeight = 0;
  /** Whether enough weight is available (`healthchecks.threshold`, in per cent). */
  healthy = false;
  /** Whether peers are watched at all. */
  checked = false;
  private failure: NotPicked = NOT_PICKED.no_targets;
  private algorithm: Algorithm;
  private hashReader: HashReader | null = null;
  private passive: CheckRules;
  private active: CheckRules;
  private checker: ActiveChecker | null = null;
  private readonly names: NameCache;
  private readonly environment: BalancerEnvironment;

  constructor(upstream: Upstream, targets: readonly Target[], names: NameCache, environment: BalancerEnvironment) {
    this.upstream = upstream;
    this.names = names;
    this.environment = environment;
    this.algorithm = createAlgorithm(upstream, environment);
    this.passive = new CheckRules(upstream.healthchecks.passive);
    this.active = new CheckRules(upstream.healthchecks.active);
    this.configureChecks();
    this.configureHash();
    this.updateTargets(targets);
  }

  /**
   * Takes over a new configuration. Health, counters and positions of what did not change stay; when the health checks
   * themselves changed, every peer starts healthy: what was counted was counted by other rules.
   */
  update(upstream: Upstream, targets: readonly Target[]): void {
    const old = this.upstream;
    this.upstream = upstream;
    if (old.algorithm !== upstream.algorithm || old.slots !== upstream.slots) this.algorithm = createAlgorithm(upstream, this.environment);
    if (!same(old.healthchecks, upstream.healthchecks)) {
      this.passive = new CheckRules(upstream.healthchecks.passive);
      this.active = new CheckRules(upstream.healthchecks.active);
      for (const peer of this.peers()) peer.health.force(true);
      this.configureChecks();
    }
    this.configureHash();
    this.updateTargets(targets);
  }

  /** Chooses a peer; a promise only while the upstream's names are being resolved for the first time. */
  pick(facts: PickFacts, tried: readonly Peer[]): PickResult | Promise<PickResult> {
    return this.healthy ? this.choose(facts, tried) : (this.afterNames(facts, tried) ?? this.failure);
  }

  reportStatus(peer: BalancedPeer, status: number): void {
    if (!this.checked) return;
    const kind = status === 504 ? 'timeout' : this.passive.kindOf(status);
    if (kind !== null) this.observe(peer, 'passive', kind);
  }

  reportTcpFailure(peer: BalancedPeer): void {
    if (this.checked) this.observe(peer, 'passive', 'tcp_failure');
  }

  reportTimeout(peer: BalancedPeer): void {
    if (this.checked) this.observe(peer, 'passive', 'timeout');
  }

  finished(peer: BalancedPeer, elapsedMs: number): void {
    this.algorithm.observe(peer, elapsedMs);
  }

  activeOutcome(peer: BalancedPeer, outcome: ProbeOutcome): void {
    const kind = this.kindOf(outcome);
    if (kind !== null) this.observe(peer, 'active', kind);
  }

  checkedPeers(): readonly BalancedPeer[] {
    return [...this.peers()].filter((peer) => peer.weight > 0);
  }

  peersChanged(): void {
    this.refresh();
  }

  /** Counts what another process observed, or obeys what its operator said. */
  apply(event: HealthEvent): void {
    for (const peer of this.peers()) {
      if (peer.key !== event.peer) continue;
      const before = peer.health.available;
      if (event.kind === 'set') peer.health.force(event.healthy);
      else peer.health.count(event.kind, this.limit(event.check, event.kind));
      this.settle(peer, before);
    }
  }

  /** @returns how many peers it applied to */
  force(target: string, address: string | null, healthy: boolean): number {
    const peers = this.targets.get(target)?.peers ?? [];
    const meant = peers.filter((peer) => address === null || address === peer.ip || address === `${peer.ip}:${peer.port}`);
    for (const peer of meant) {
      const before = peer.health.available;
      peer.health.force(healthy);
      this.environment.onHealthEvent({ upstream: this.upstream.name, peer: peer.key, kind: 'set', healthy });
      this.settle(peer, before);
    }
    return meant.length;
  }

  restore(key: string, record: HealthRecord): void {
    if (!this.checked) return;
    for (const peer of this.peers()) {
      if (peer.key !== key) continue;
      const before = peer.health.available;
      peer.health.restore(record);
      this.settle(peer, before);
    }
  }

  *peers(): IterableIterator<BalancedPeer> {
    for (const target of this.targets.values()) yield* target.peers;
  }

  close(): void {
    this.checker?.stop();
    this.checker = null;
    for (const target of this.targets.values()) target.close();
    this.targets.clear();
  }

  private choose(facts: PickFacts, tried: readonly Peer[]): PickResult {
    if (this.hashReader === null) return this.algorithm.pick(tried, 0).picked;
    const { value, setCookie } = this.hashReader.read(facts);
    const { picked } = this.algorithm.pick(tried, value);
    return setCookie === null || tried.length > 0 ? picked : { peer: picked.peer, setCookie };
  }

  private afterNames(facts: PickFacts, tried: readonly Peer[]): Promise<PickResult> | null {
    const lookUps: Promise<void>[] = [];
    for (const target of this.targets.values()) if (target.unresolved !== null) lookUps.push(target.unresolved.refresh());
    if (lookUps.length === 0) return null;
    return Promise.all(lookUps).then(() => (this.healthy ? this.choose(facts, tried) : this.failure));
  }

  private kindOf(outcome: ProbeOutcome): CountKind | null {
    if (outcome.kind === 'status') return this.active.kindOf(outcome.status);
    return outcome.kind === 'connected' ? 'success' : outcome.kind;
  }

  private limit(check: 'active' | 'passive', kind: CountKind): number {
    return (check === 'active' ? this.active : this.passive).limitOf(kind);
  }

  private observe(peer: BalancedPeer, check: 'active' | 'passive', kind: CountKind): void {
    if (peer.removed) return;
    const event: HealthEvent = { upstream: this.upstream.name, peer: peer.key, check, kind };
    if (!this.environment.countsHere) {
      if (peer.health.wouldCount(kind, this.limit(check, kind))) this.environment.onHealthEvent(event);
      return;
    }
    const before = peer.health.available;
    if (!peer.health.count(kind, this.limit(check, kind))) return;
    this.environment.onHealthEvent(event);
    this.settle(peer, before);
  }

  /** Follows a peer that was taken out or came back. */
  private settle(peer: BalancedPeer, before: boolean): void {
    const healthy = peer.health.available;
    if (healthy === before) return;
    const { ip, port } = peer;
    const change = { upstream: this.upstream.name, target: `${peer.hostname}:${port}`, ip, port, healthy };
    this.environment.log(healthy ? 'info' : 'warn', `target is ${healthy ? 'healthy' : 'unhealthy'}`, change);
    this.environment.onHealthChange(change);
    this.refresh();
  }

  private configureChecks(): void {
    this.checker?.stop();
    this.checked = usesHealthchecks(this.upstream);
    this.checker = this.checked && this.environment.activeChecks ? new ActiveChecker(this, this.environment) : null;
    if (!lacksWayBack(this.upstream)) return;
    const advice = 'set healthchecks.active.unhealthy.interval and healthchecks.active.healthy.successes';
    this.environment.log('warn', `a target that is taken out does not come back by itself: ${advice}`, { upstream: this.upstream.name });
  }

  private configureHash(): void {
    const hashes = this.upstream.algorithm === 'consistent-hashing';
    this.hashReader = hashes ? new HashReader(this.upstream, this.environment.uuid) : null;
  }

  private updateTargets(entities: readonly Target[]): void {
    const wanted = new Map(entities.map((entity) => [entity.target, entity]));
    for (const [name, target] of this.targets) {
      if (wanted.has(name)) continue;
      target.close();
      this.targets.delete(name);
    }
    for (const [name, entity] of wanted) this.updateTarget(name, entity);
    this.refresh();
  }

  private updateTarget(name: string, entity: Target): void {
    const target = this.targets.get(name);
    if (target === undefined) {
      this.targets.set(name, new PoolTarget(entity, this, this.names));
      return;
    }
    target.weight = entity.weight;
    target.apply();
  }

  /** Works out anew who may take requests. */
  private refresh(): void {
    const usable: BalancedPeer[] = [];
    this.totalWeight = 0;
    this.availableWeight = 0;
    for (const peer of this.peers()) {
      this.totalWeight += peer.weight;
      if (peer.weight === 0 || !peer.health.available) continue;
      this.availableWeight += peer.weight;
      usable.push(peer);
    }
    this.healthy = this.totalWeight > 0 && (this.availableWeight / this.totalWeight) * 100 > this.upstream.healthchecks.threshold;
    this.failure = this.totalWeight === 0 ? NOT_PICKED.no_targets : NOT_PICKED.no_healthy;
    if (usable.length > 0) this.algorithm.rebuild(usable);
  }
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
