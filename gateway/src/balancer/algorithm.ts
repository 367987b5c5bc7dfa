import type { Upstream } from '@gatehouse/kong-config';
import { ConsistentHashing } from './consistent-hashing.js';
import { Latency } from './latency.js';
import { LeastConnections } from './least-connections.js';
import type { BalancedPeer, Peer } from './peer.js';
import { RoundRobin } from './round-robin.js';

/** Chooses among the peers that may take requests. All state that must survive a rebuild is kept on the peers. */
export interface Algorithm {
  /** Takes the peers to choose from, all of them available and of a weight above 0. */
  rebuild(peers: readonly BalancedPeer[]): void;
  /**
   * Chooses one. Called only while there is at least one peer.
   * @param tried where earlier tries of the same request went
   * @param hash unsigned 32 bits; 0 when the upstream does not hash
   */
  pick(tried: readonly Peer[], hash: number): BalancedPeer;
  /** A try is over; `elapsedMs` until its answer was complete. */
  observe(peer: BalancedPeer, elapsedMs: number): void;
}

export interface AlgorithmEnvironment {
  now(): number;
  random(): number;
}

/**
 * Makes the algorithm that an upstream asks for.
 * @throws RangeError for one that this plane does not have; `balancerFaults` names it before
 */
export function createAlgorithm(upstream: Upstream, environment: AlgorithmEnvironment): Algorithm {
  switch (upstream.algorithm) {
    case 'round-robin':
      return new RoundRobin(environment.random);
    case 'least-connections':
      return new LeastConnections();
    case 'consistent-hashing':
      return new ConsistentHashing(upstream.slots);
    case 'latency':
      return new Latency(environment.now);
    case 'sticky-sessions':
      throw new RangeError(`upstream ${upstream.name}: unknown algorithm sticky-sessions`);
  }
}
