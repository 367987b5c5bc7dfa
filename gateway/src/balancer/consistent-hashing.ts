import type { Algorithm } from './algorithm.js';
import { hashString, mix } from './hash.js';
import type { BalancedPeer, Peer } from './peer.js';

/** Kong's continuum has at least this many points, whatever `slots` says. */
const LEAST_SLOTS = 1000;
const UNKNOWN = -1;

/**
 * Keys fall into slots; a slot belongs to the peer that wins weighted rendezvous hashing there. So a peer that comes
 * takes its weight's share and one that goes gives away its own: no other key moves, and all processes agree without
 * talking. Owners are worked out when a slot is first asked for and remembered until the peers change.
 *
 * As in Kong, a retry goes to the key's own peer again unless health checks have taken it out meanwhile.
 */
export class ConsistentHashing implements Algorithm {
  private readonly owners: Int32Array;
  private peers: readonly BalancedPeer[] = [];
  private seeds: number[] = [];

  constructor(slots: number) {
    this.owners = new Int32Array(Math.max(slots, LEAST_SLOTS)).fill(UNKNOWN);
  }

  rebuild(peers: readonly BalancedPeer[]): void {
    this.peers = peers;
    this.seeds = peers.map((peer) => hashString(peer.key));
    this.owners.fill(UNKNOWN);
  }

  pick(_tried: readonly Peer[], hash: number): BalancedPeer {
    const slot = hash % this.owners.length;
    let owner = this.owners[slot]!;
    if (owner === UNKNOWN) {
      owner = this.winner(slot);
      this.owners[slot] = owner;
    }
    return this.peers[owner]!;
  }

  observe(): void {}

  /** The index of the peer with the lowest -ln(u)/weight, u in (0, 1) drawn by slot and peer (Schindelhauer, Schomaker 2005). */
  private winner(slot: number): number {
    const salt = Math.imul(slot + 1, 0x9e3779b1);
    let best = 0;
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.peers.length; i++) {
      const draw = (mix(this.seeds[i]! ^ salt) + 0.5) / 0x1_0000_0000;
      const score = -Math.log(draw) / this.peers[i]!.weight;
      if (score >= lowest) continue;
      lowest = score;
      best = i;
    }
    return best;
  }
}
