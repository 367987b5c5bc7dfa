import type { BalancedPeer, Peer } from './peer.js';

/**
 * The peers that a request has tried least often: a peer gets a second try only after all others had theirs.
 * @param peers at least one
 */
export function leastTried(peers: readonly BalancedPeer[], tried: readonly Peer[]): readonly BalancedPeer[] {
  let fewest = Number.POSITIVE_INFINITY;
  let chosen: BalancedPeer[] = [];
  for (const peer of peers) {
    const times = occurrences(peer, tried);
    if (times > fewest) continue;
    if (times < fewest) chosen = [];
    fewest = times;
    chosen.push(peer);
  }
  return chosen;
}

function occurrences(peer: Peer, tried: readonly Peer[]): number {
  let times = 0;
  for (const other of tried) if (other === peer) times++;
  return times;
}
