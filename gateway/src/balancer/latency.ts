import type { Algorithm } from './algorithm.js';
import { leastTried } from './least-tried.js';
import type { BalancedPeer, Peer } from './peer.js';

/** Kong's DECAY_TIME: after so many milliseconds an old observation weighs 1/e. */
const DECAY_MS = 10_000;

/**
 * The peer with the lowest moving average of its answer times over its weight (Finagle's peak EWMA, as Kong has it).
 * An average sinks while nothing is observed, so a peer that was slow once is tried again; a new peer starts with the
 * mean of the others.
 */
export class Latency implements Algorithm {
  private peers: readonly BalancedPeer[] = [];
  private start = 0;
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  rebuild(peers: readonly BalancedPeer[]): void {
    this.peers = peers;
    const mean = peers.reduce((sum, peer) => sum + peer.ewma, 0) / Math.max(peers.length, 1);
    for (const peer of peers) {
      if (peer.ewmaAt >= 0) continue;
      peer.ewma = mean;
      peer.ewmaAt = this.now();
    }
  }

  pick(tried: readonly Peer[]): BalancedPeer {
    const peers = tried.length === 0 ? this.peers : leastTried(this.peers, tried);
    const now = this.now();
    const count = peers.length;
    let best = this.start < count ? this.start : 0;
    let lowest = score(peers[best]!, now);
    for (let step = 1, i = best + 1; step < count; step++, i++) {
      if (i >= count) i = 0;
      const other = score(peers[i]!, now);
      if (other >= lowest) continue;
      lowest = other;
      best = i;
    }
    this.start = best + 1;
    return peers[best]!;
  }

  observe(peer: BalancedPeer, elapsedMs: number): void {
    const now = this.now();
    const old = remains(peer, now);
    peer.ewma = peer.ewma * old + elapsedMs * (1 - old);
    peer.ewmaAt = now;
  }
}

function score(peer: BalancedPeer, now: number): number {
  return (peer.ewma * remains(peer, now)) / peer.weight;
}

/** How much of the average is left, 0–1. */
function remains(peer: BalancedPeer, now: number): number {
  return Math.exp(-Math.max(now - peer.ewmaAt, 0) / DECAY_MS);
}
