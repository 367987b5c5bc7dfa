import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LeastConnections } from './least-connections.js';
import { BalancedPeer, type Peer } from './peer.js';

function peerWith(port: number, weight: number, connections: number): BalancedPeer {
  const peer = new BalancedPeer('10.0.0.1', port, '10.0.0.1', weight, null);
  peer.connections = connections;
  return peer;
}

const load = fc.record({ weight: fc.integer({ min: 1, max: 65_535 }), connections: fc.nat(5000) });

describe('LeastConnections', () => {
  test('never picks a peer that is busier for its weight than another', () => {
    fc.assert(
      fc.property(fc.array(load, { minLength: 1, maxLength: 12 }), fc.nat(20), (loads, before) => {
        const peers = loads.map(({ weight, connections }, i) => peerWith(i + 1, weight, connections));
        const algorithm = new LeastConnections();
        algorithm.rebuild(peers);
        for (let i = 0; i < before; i++) algorithm.pick([]);
        const picked = algorithm.pick([]);
        for (const peer of peers) {
          expect((picked.connections + 1) * peer.weight).toBeLessThanOrEqual((peer.connections + 1) * picked.weight);
        }
      }),
    );
  });

  test('idle peers of equal weight take turns', () => {
    const algorithm = new LeastConnections();
    algorithm.rebuild([peerWith(1, 100, 0), peerWith(2, 100, 0), peerWith(3, 100, 0)]);
    expect(Array.from({ length: 6 }, () => algorithm.pick([]).port)).toEqual([1, 2, 3, 1, 2, 3]);
  });

  test('an idle upstream starts with the greatest weight', () => {
    const algorithm = new LeastConnections();
    algorithm.rebuild([peerWith(1, 10, 0), peerWith(2, 30, 0)]);
    expect(algorithm.pick([]).port).toBe(2);
  });

  test('a retry leaves out what failed, and takes the least busy again when all did', () => {
    const peers = [peerWith(1, 100, 0), peerWith(2, 100, 5), peerWith(3, 100, 9)];
    const algorithm = new LeastConnections();
    algorithm.rebuild(peers);
    const tried: Peer[] = [];
    for (let i = 0; i < 4; i++) tried.push(algorithm.pick(tried));
    expect(tried.map(({ port }) => port)).toEqual([1, 2, 3, 1]);
  });

  test('keeps going after peers were taken away', () => {
    const peers = [peerWith(1, 1, 0), peerWith(2, 1, 0), peerWith(3, 1, 0)];
    const algorithm = new LeastConnections();
    algorithm.rebuild(peers);
    for (let i = 0; i < 3; i++) algorithm.pick([]);
    algorithm.rebuild(peers.slice(0, 1));
    expect(algorithm.pick([]).port).toBe(1);
  });
});
