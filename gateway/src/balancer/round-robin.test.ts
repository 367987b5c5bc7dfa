import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BalancedPeer } from './peer.js';
import { RoundRobin } from './round-robin.js';

function peersOf(weights: readonly number[]): BalancedPeer[] {
  return weights.map((weight, i) => new BalancedPeer('10.0.0.1', i + 1, '10.0.0.1', weight, null));
}

function picks(turns: RoundRobin, count: number): number[] {
  return Array.from({ length: count }, () => turns.pick([]).port);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

describe('RoundRobin', () => {
  test('in a full cycle each peer gets exactly its weight', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(100), (given, random, before) => {
        const turns = new RoundRobin(() => random);
        turns.rebuild(peersOf(given));
        picks(turns, before);
        const divisor = given.reduce(gcd);
        const seen = picks(turns, given.reduce((a, b) => a + b) / divisor);
        given.forEach((weight, i) => {
          expect(seen.filter((port) => port === i + 1)).toHaveLength(weight / divisor);
        });
      }),
    );
  });

  test('spreads a heavy peer instead of picking it many times in a row', () => {
    const turns = new RoundRobin(() => 0);
    turns.rebuild(peersOf([5, 1, 1]));
    expect(picks(turns, 7)).toEqual([1, 1, 2, 1, 3, 1, 1]);
  });

  test('an unchanged set keeps its place, a changed one starts anew at a random peer', () => {
    const peers = peersOf([1, 1, 1]);
    const turns = new RoundRobin(() => 0.5);
    turns.rebuild(peers);
    expect(picks(turns, 1)).toEqual([2]);
    turns.rebuild([...peers]);
    expect(picks(turns, 2)).toEqual([3, 1]);
    turns.rebuild(peers.slice(0, 2));
    expect(picks(turns, 2)).toEqual([2, 1]);
  });

  test('a retry goes to a peer not tried yet, and round again when all were', () => {
    const turns = new RoundRobin(() => 0);
    turns.rebuild(peersOf([100, 1, 1]));
    const tried = [turns.pick([])];
    tried.push(turns.pick(tried));
    tried.push(turns.pick(tried));
    expect(new Set(tried).size).toBe(3);
    expect(turns.pick(tried).port).toBe(1);
  });
});
