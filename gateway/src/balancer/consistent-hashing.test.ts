import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ConsistentHashing } from './consistent-hashing.js';
import { hashString } from './hash.js';
import { BalancedPeer } from './peer.js';

function peersOf(weights: readonly number[]): BalancedPeer[] {
  return weights.map((weight, i) => new BalancedPeer(`10.0.0.${i + 1}`, 80, `10.0.0.${i + 1}`, weight, null));
}

function ringOf(peers: readonly BalancedPeer[], slots = 10_000): ConsistentHashing {
  const ring = new ConsistentHashing(slots);
  ring.rebuild(peers);
  return ring;
}

const keys = Array.from({ length: 2000 }, (_, i) => hashString(`user-${i}`));
const weightLists = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 8 });

describe('ConsistentHashing', () => {
  test('when a peer goes, only its own keys move', () => {
    fc.assert(
      fc.property(weightLists, fc.nat(), (weights, which) => {
        const peers = peersOf(weights);
        const gone = peers[which % peers.length]!;
        const before = ringOf(peers);
        const after = ringOf(peers.filter((peer) => peer !== gone));
        for (const key of keys) {
          const owner = before.pick([], key);
          if (owner !== gone) expect(after.pick([], key)).toBe(owner);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('the same ring forgets nothing when a peer goes and comes back', () => {
    const peers = peersOf([100, 100, 100]);
    const ring = ringOf(peers);
    const owners = keys.map((key) => ring.pick([], key));
    ring.rebuild(peers.slice(1));
    for (const key of keys) ring.pick([], key);
    ring.rebuild(peers);
    expect(keys.map((key) => ring.pick([], key))).toEqual(owners);
  });

  test('does not depend on the order of the peers', () => {
    const peers = peersOf([100, 50, 10]);
    const ring = ringOf(peers);
    const reversed = ringOf([...peers].reverse());
    for (const key of keys) expect(reversed.pick([], key)).toBe(ring.pick([], key));
  });

  test('shares follow the weights', () => {
    const peers = peersOf([100, 200, 700]);
    const ring = ringOf(peers);
    const slots = Array.from({ length: 10_000 }, (_, slot) => ring.pick([], slot));
    for (const peer of peers) {
      const share = slots.filter((owner) => owner === peer).length / slots.length;
      expect(Math.abs(share - peer.weight / 1000)).toBeLessThan(0.02);
    }
  });

  test('a greater weight only draws keys to its peer', () => {
    const peers = peersOf([100, 100, 100]);
    const before = ringOf(peers);
    const owners = keys.map((key) => before.pick([], key));
    peers[0]!.weight = 200;
    const after = ringOf(peers);
    keys.forEach((key, i) => {
      const now = after.pick([], key);
      if (now !== owners[i]) expect(now).toBe(peers[0]);
    });
  });

  test('a retry stays with the key’s peer, as in Kong', () => {
    const ring = ringOf(peersOf([100, 100]));
    const owner = ring.pick([], 7);
    expect(ring.pick([owner, owner], 7)).toBe(owner);
  });

  test('few slots are made a thousand, as in Kong', () => {
    const ring = ringOf(peersOf([100, 100]), 10);
    expect(ring.pick([], 3)).toBe(ring.pick([], 1003));
    expect(new Set(Array.from({ length: 1000 }, (_, slot) => ring.pick([], slot))).size).toBe(2);
  });
});

describe('hashString', () => {
  test('is the same in every process and release: keys must not move by an update', () => {
    expect(['', 'alice', 'é'].map(hashString)).toEqual([2872998923, 3927234078, 3136788073]);
  });

  test('fills 32 bits evenly enough', () => {
    const buckets = new Array<number>(16).fill(0);
    for (const key of keys) buckets[key >>> 28]! += 1;
    for (const count of buckets) expect(Math.abs(count - keys.length / 16)).toBeLessThan(50);
  });
});
