import type { HealthState } from './health-state.js';
import type { BalancedPeer } from './peer.js';
import type { PoolTarget } from './target.js';
import type { UpstreamPool } from './upstream-pool.js';

export interface WeightSnapshot {
  readonly total: number;
  readonly available: number;
  readonly unavailable: number;
}

export interface PeerSnapshot {
  readonly ip: string;
  readonly port: number;
  readonly weight: number;
  readonly health: 'HEALTHY' | 'UNHEALTHY' | 'HEALTHCHECKS_OFF';
  /** The finer state behind `health`. */
  readonly state: HealthState;
  /** Tries in flight. */
  readonly connections: number;
}

export interface TargetSnapshot {
  /** As configured, `host:port`. */
  readonly target: string;
  readonly host: string;
  readonly port: number;
  /** The kind of DNS record, or why there is none. */
  readonly dns: string;
  /** Healthy when any address is; `DNS_ERROR` when there is no address. */
  readonly health: 'HEALTHY' | 'UNHEALTHY' | 'HEALTHCHECKS_OFF' | 'DNS_ERROR';
  readonly nodeWeight: number;
  readonly weight: WeightSnapshot;
  readonly addresses: readonly PeerSnapshot[];
}

export interface UpstreamSnapshot {
  readonly id: string;
  readonly name: string;
  readonly algorithm: string;
  readonly health: 'HEALTHY' | 'UNHEALTHY' | 'HEALTHCHECKS_OFF';
  /** Whether requests are let through, health checks or not. */
  readonly balancer_health: 'HEALTHY' | 'UNHEALTHY';
  readonly weight: WeightSnapshot;
  readonly targets: readonly TargetSnapshot[];
}

/** An upstream as Kong's `/upstreams/{name}/health` shows it. */
export function snapshotOf(pool: UpstreamPool): UpstreamSnapshot {
  const balancer = pool.healthy ? 'HEALTHY' : 'UNHEALTHY';
  const { id, name, algorithm } = pool.upstream;
  return {
    id,
    name,
    algorithm,
    health: pool.checked ? balancer : 'HEALTHCHECKS_OFF',
    balancer_health: balancer,
    weight: weights(pool.totalWeight, pool.availableWeight),
    targets: [...pool.targets.values()].map((target) => targetSnapshot(target, pool.checked)),
  };
}

function targetSnapshot(target: PoolTarget, checked: boolean): TargetSnapshot {
  const addresses = target.peers.map((peer) => peerSnapshot(peer, checked));
  const sum = (peers: readonly BalancedPeer[]): number => peers.reduce((total, peer) => total + peer.weight, 0);
  return {
    target: target.target,
    host: target.address.name,
    port: target.address.port,
    dns: target.dns,
    health: targetHealth(addresses),
    nodeWeight: target.weight,
    weight: weights(sum(target.peers), sum(target.peers.filter((peer) => peer.health.available))),
    addresses,
  };
}

function targetHealth(addresses: readonly PeerSnapshot[]): TargetSnapshot['health'] {
  if (addresses.length === 0) return 'DNS_ERROR';
  if (addresses.some(({ health }) => health === 'HEALTHY')) return 'HEALTHY';
  return addresses.some(({ health }) => health === 'UNHEALTHY') ? 'UNHEALTHY' : 'HEALTHCHECKS_OFF';
}

function peerSnapshot(peer: BalancedPeer, checked: boolean): PeerSnapshot {
  const health = peer.health.available ? 'HEALTHY' : 'UNHEALTHY';
  const { ip, port, weight, connections } = peer;
  return { ip, port, weight, health: checked && weight > 0 ? health : 'HEALTHCHECKS_OFF', state: peer.health.state, connections };
}

function weights(total: number, available: number): WeightSnapshot {
  return { total, available, unavailable: total - available };
}
