import type { Algorithm } from './algorithm.js';
import { leastTried } from './least-tried.js';
import type { BalancedPeer, Peer } from './peer.js';

/**
 * The peer with the fewest tries in flight for its weight. The request that is about to go counts already, so an idle
 * upstream starts with the greatest weight; of equals the one that waited longest is next, so an idle upstream with
 * equal weights goes round.
 */
export class LeastConnections implements Algorithm {
  private peers: readonly BalancedPeer[] = [];
  /** Where to start looking: behind the peer picked last. */
  private start = 0;

  rebuild(peers: readonly BalancedPeer[]): void {
    this.peers = peers;
  }

  pick(tried: readonly Peer[]): BalancedPeer {
    const peers = tried.length === 0 ? this.peers : leastTried(this.peers, tried);
    const count = peers.length;
    let best = this.start < count ? this.start : 0;
    for (let step = 1, i = best + 1; step < count; step++, i++) {
      if (i >= count) i = 0;
      if (isLessBusy(peers[i]!, peers[best]!)) best = i;
    }
    this.start = best + 1;
    return peers[best]!;
  }

  observe(): void {}
}

/** Compares (connections + 1) / weight without dividing. */
function isLessBusy(a: BalancedPeer, b: BalancedPeer): boolean {
  return (a.connections + 1) * b.weight < (b.connections + 1) * a.weight;
}
