import type { Algorithm } from './algorithm.js';
import { leastTried } from './least-tried.js';
import type { BalancedPeer, Peer } from './peer.js';

/**
 * Smooth weighted round-robin (nginx's): in each cycle of as many picks as the reduced weights sum up to, every peer
 * is picked exactly its weight's number of times, spread evenly. A peer's position is its credit, kept on the peer, so
 * a reload that changes nothing does not disturb the sequence.
 */
export class RoundRobin implements Algorithm {
  private peers: BalancedPeer[] = [];
  /** The weights that the current cycle counts with. */
  private weights: ReadonlyMap<BalancedPeer, number> = new Map();
  private readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  /** A changed set starts a new cycle at a random place, so that many processes don't all begin with the same peer. */
  rebuild(peers: readonly BalancedPeer[]): void {
    if (this.isUnchanged(peers)) return;
    const start = Math.floor(this.random() * peers.length);
    this.peers = [...peers.slice(start), ...peers.slice(0, start)];
    this.weights = new Map(peers.map((peer) => [peer, peer.weight]));
    for (const peer of this.peers) peer.credit = 0;
  }

  pick(tried: readonly Peer[]): BalancedPeer {
    const peers = tried.length === 0 ? this.peers : leastTried(this.peers, tried);
    let best = peers[0]!;
    let total = 0;
    for (let i = 0; i < peers.length; i++) {
      const peer = peers[i]!;
      peer.credit += peer.weight;
      total += peer.weight;
      if (peer.credit > best.credit) best = peer;
    }
    best.credit -= total;
    return best;
  }

  observe(): void {}

  private isUnchanged(peers: readonly BalancedPeer[]): boolean {
    return peers.length === this.weights.size && peers.every((peer) => this.weights.get(peer) === peer.weight);
  }
}
