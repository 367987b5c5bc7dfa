import { describe, expect, test } from '@jest/globals';
import { Latency } from './latency.js';
import { BalancedPeer } from './peer.js';
import { FakeClock } from './testing/fake-clock.js';

function setUp(weights: readonly number[]): { clock: FakeClock; algorithm: Latency; peers: BalancedPeer[] } {
  const clock = new FakeClock();
  const algorithm = new Latency(clock.now);
  const peers = weights.map((weight, i) => new BalancedPeer('10.0.0.1', i + 1, '10.0.0.1', weight, null));
  algorithm.rebuild(peers);
  return { clock, algorithm, peers };
}

describe('Latency', () => {
  test('peers that nothing is known about take turns', () => {
    const { algorithm } = setUp([100, 100]);
    expect([algorithm.pick([]).port, algorithm.pick([]).port, algorithm.pick([]).port]).toEqual([1, 2, 1]);
  });

  test('prefers the quicker peer', async () => {
    const { clock, algorithm, peers } = setUp([100, 100]);
    await clock.advance(5000);
    algorithm.observe(peers[0]!, 400);
    algorithm.observe(peers[1]!, 40);
    expect([algorithm.pick([]).port, algorithm.pick([]).port]).toEqual([2, 2]);
  });

  test('weighs', async () => {
    const { clock, algorithm, peers } = setUp([1000, 10]);
    await clock.advance(5000);
    algorithm.observe(peers[0]!, 400);
    algorithm.observe(peers[1]!, 40);
    expect(algorithm.pick([]).port).toBe(1);
  });

  test('what was slow long ago is tried again', async () => {
    const { clock, algorithm, peers } = setUp([100, 100]);
    await clock.advance(5000);
    algorithm.observe(peers[0]!, 4000);
    await clock.advance(60_000);
    algorithm.observe(peers[1]!, 40);
    expect(algorithm.pick([]).port).toBe(1);
  });

  test('a new peer starts with the mean of the others', async () => {
    const { clock, algorithm, peers } = setUp([100, 100]);
    await clock.advance(10_000);
    for (const peer of peers) algorithm.observe(peer, 100);
    const fresh = new BalancedPeer('10.0.0.1', 3, '10.0.0.1', 100, null);
    algorithm.rebuild([...peers, fresh]);
    expect(fresh.ewma).toBeCloseTo((peers[0]!.ewma + peers[1]!.ewma) / 3);
    expect(fresh.ewma).toBeGreaterThan(0);
  });

  test('a retry goes elsewhere', () => {
    const { algorithm } = setUp([100, 100]);
    const first = algorithm.pick([]);
    expect(algorithm.pick([first])).not.toBe(first);
  });
});
