import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Balancer } from './balancer.js';
import { type CountKind, HealthTracker } from './health-state.js';
import type { Peer } from './peer.js';
import { checks, facts, type GivenChecks, targets, upstream } from './testing/entities.js';
import { FakeWorld, pickNow, tally } from './testing/fake-world.js';

const passive: GivenChecks = { passive: { healthy: { successes: 1 }, unhealthy: { http_failures: 2, tcp_failures: 1, timeouts: 1 } } };
const two = targets('u', '127.0.0.1:1', '127.0.0.1:2');

function setUp(given: GivenChecks = passive, list = two): { world: FakeWorld; balancer: Balancer; peers: Peer[] } {
  const world = new FakeWorld();
  const balancer = world.balancer([upstream('u', { healthchecks: checks(given) })], list);
  const found = list.map(() => pickNow(balancer, 'u')).sort((a, b) => a.port - b.port);
  return { world, balancer, peers: found };
}

describe('passive checks', () => {
  test('listed statuses in a row take a target out; others do not count', () => {
    const { balancer, peers } = setUp();
    balancer.reportStatus(peers[0]!, 500);
    balancer.reportStatus(peers[0]!, 404);
    balancer.reportStatus(peers[0]!, 200);
    balancer.reportStatus(peers[0]!, 500);
    expect(tally(balancer, 'u', 4)).toEqual({ 1: 2, 2: 2 });
    balancer.reportStatus(peers[0]!, 503);
    expect(tally(balancer, 'u', 4)).toEqual({ 2: 4 });
  });

  test('refused connections and time-outs have limits of their own; 504 is a time-out', () => {
    for (const report of ['reportTcpFailure', 'reportTimeout'] as const) {
      const { balancer, peers } = setUp();
      balancer[report](peers[0]!);
      expect(tally(balancer, 'u', 2)).toEqual({ 2: 2 });
    }
    const { balancer, peers } = setUp();
    balancer.reportStatus(peers[1]!, 504);
    expect(tally(balancer, 'u', 2)).toEqual({ 1: 2 });
  });

  test('when all targets are out there is no peer, until an operator brings one back', () => {
    const { world, balancer, peers } = setUp();
    for (const peer of peers) balancer.reportTcpFailure(peer);
    expect(balancer.pick('u', 80, facts())).toEqual({ error: 'no_healthy' });
    expect(balancer.setHealth('u', '127.0.0.1:2', '127.0.0.1:2', true)).toBe(1);
    expect(tally(balancer, 'u', 2)).toEqual({ 2: 2 });
    expect(world.changes.map(({ port, healthy }) => [port, healthy])).toEqual([
      [1, false],
      [2, false],
      [2, true],
    ]);
    expect(balancer.setHealth('u', '127.0.0.1:9', null, true)).toBe(0);
  });

  test('nothing is counted without limits', () => {
    const { world, balancer, peers } = setUp({});
    for (let i = 0; i < 300; i++) balancer.reportStatus(peers[0]!, 500);
    expect(tally(balancer, 'u', 2)).toEqual({ 1: 1, 2: 1 });
    expect(world.events).toEqual([]);
  });

  test('a threshold closes the upstream while too little weight is healthy', () => {
    const { balancer, peers } = setUp({ ...passive, threshold: 50 });
    balancer.reportTcpFailure(peers[0]!);
    expect(balancer.pick('u', 80, facts())).toEqual({ error: 'no_healthy' });
    expect(balancer.snapshot()[0]).toMatchObject({ health: 'UNHEALTHY', weight: { total: 200, available: 100, unavailable: 100 } });
  });

  test('a retry of a hashed request leaves its peer once that is taken out', () => {
    const world = new FakeWorld();
    const up = upstream('u', { algorithm: 'consistent-hashing', hash_on: 'ip', healthchecks: checks(passive) });
    const balancer = world.balancer([up], two);
    const first = pickNow(balancer, 'u');
    expect(pickNow(balancer, 'u', [first])).toBe(first);
    balancer.reportTcpFailure(first);
    expect(pickNow(balancer, 'u', [first])).not.toBe(first);
  });
});

describe('the way back', () => {
  test('active checks bring back what passive checks took out', async () => {
    const { world, balancer, peers } = setUp({ ...passive, active: { healthy: { successes: 2 }, unhealthy: { interval: 1 } } });
    balancer.reportTcpFailure(peers[0]!);
    await world.clock.advance(1500);
    expect(tally(balancer, 'u', 2)).toEqual({ 2: 2 });
    await world.clock.advance(1500);
    expect(tally(balancer, 'u', 2)).toEqual({ 1: 1, 2: 1 });
    balancer.close();
  });

  test('passive checks alone have none, as in Kong, and the log says so', async () => {
    const { world, balancer, peers } = setUp();
    expect(world.logs.join()).toContain('does not come back by itself');
    balancer.reportTcpFailure(peers[0]!);
    await world.clock.advance(3_600_000);
    expect(tally(balancer, 'u', 2)).toEqual({ 2: 2 });
  });

  test('health survives a reload, and a change of the checks starts anew', () => {
    const { balancer, peers } = setUp();
    balancer.reportTcpFailure(peers[0]!);
    balancer.update([upstream('u', { healthchecks: checks(passive), tags: ['new'] })], two);
    expect(tally(balancer, 'u', 2)).toEqual({ 2: 2 });
    balancer.update([upstream('u', { healthchecks: checks({ passive: { unhealthy: { tcp_failures: 3 } } }) })], two);
    expect(tally(balancer, 'u', 2)).toEqual({ 1: 1, 2: 1 });
  });

  test('a target that was removed comes back healthy, and late reports about the old one are void', () => {
    const { balancer, peers } = setUp();
    balancer.reportTcpFailure(peers[0]!);
    const up = upstream('u', { healthchecks: checks(passive) });
    balancer.update([up], two.slice(1));
    balancer.update([up], two);
    balancer.reportTcpFailure(peers[0]!);
    expect(tally(balancer, 'u', 2)).toEqual({ 1: 1, 2: 1 });
  });

  test('an address that DNS drops and names again is healthy, and is probed', async () => {
    const world = new FakeWorld();
    const given = { ...passive, active: { healthy: { interval: 1, successes: 1 }, unhealthy: { interval: 1 } } };
    world.set('a.internal', ['10.0.0.1', '10.0.0.2'], 1000);
    const balancer = world.balancer([upstream('u', { healthchecks: checks(given) })], targets('u', 'a.internal:80'));
    world.answer = () => ({ kind: 'status', status: 418 });
    await world.clock.advance(100);
    balancer.setHealth('u', 'a.internal:80', '10.0.0.1', false);
    world.set('a.internal', ['10.0.0.2'], 1000);
    await world.clock.advance(3000);
    world.set('a.internal', ['10.0.0.1', '10.0.0.2'], 1000);
    world.probes.length = 0;
    await world.clock.advance(4000);
    expect(new Set(world.probes.map(({ ip }) => ip))).toEqual(new Set(['10.0.0.1', '10.0.0.2']));
    expect(balancer.snapshot()[0]!.targets[0]!.addresses.map(({ health }) => health)).toEqual(['HEALTHY', 'HEALTHY']);
    balancer.close();
  });
});

describe('several processes', () => {
  const kinds: readonly CountKind[] = ['success', 'http_failure', 'tcp_failure', 'timeout'];

  function report(balancer: Balancer, peer: Peer, kind: CountKind): void {
    if (kind === 'success') balancer.reportStatus(peer, 200);
    else if (kind === 'http_failure') balancer.reportStatus(peer, 500);
    else if (kind === 'tcp_failure') balancer.reportTcpFailure(peer);
    else balancer.reportTimeout(peer);
  }

  test('count as one when they pass on their events', () => {
    const given: GivenChecks = { passive: { healthy: { successes: 2 }, unhealthy: { http_failures: 3, tcp_failures: 2, timeouts: 4 } } };
    const limits = { success: 2, http_failure: 3, tcp_failure: 2, timeout: 4 };
    const step = fc.record({ here: fc.boolean(), kind: fc.constantFrom(...kinds) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const sides = [setUp(given), setUp(given)] as const;
        const model = new HealthTracker();
        for (const { here, kind } of steps) {
          const [from, to] = here ? sides : [sides[1], sides[0]];
          report(from.balancer, from.peers[0]!, kind);
          for (const event of from.world.events.splice(0)) to.balancer.applyHealthEvent(event);
          model.count(kind, limits[kind]);
        }
        for (const { balancer } of sides) expect(balancer.snapshot()[0]!.targets[0]!.addresses[0]!.state).toBe(model.state);
      }),
    );
  });

  test('one that starts takes over what is known', () => {
    const old = setUp();
    old.balancer.reportTcpFailure(old.peers[0]!);
    old.balancer.reportStatus(old.peers[1]!, 500);
    const fresh = setUp();
    fresh.balancer.restoreHealth(JSON.parse(JSON.stringify(old.balancer.healthRecords())));
    fresh.balancer.reportStatus(fresh.peers[1]!, 500);
    expect(fresh.balancer.pick('u', 80, facts())).toEqual({ error: 'no_healthy' });
  });

  test('an operator’s word is passed on too', () => {
    const here = setUp();
    const there = setUp();
    here.balancer.setHealth('u', '127.0.0.1:1', null, false);
    for (const event of here.world.events) there.balancer.applyHealthEvent(event);
    expect(tally(there.balancer, 'u', 2)).toEqual({ 2: 2 });
    expect(there.world.events).toEqual([]);
  });

  test('only one of them probes', async () => {
    const world = new FakeWorld();
    const given = checks({ active: { healthy: { interval: 1 } } });
    world.balancer([upstream('u', { healthchecks: given })], two, { activeChecks: false });
    await world.clock.advance(5000);
    expect(world.probes).toEqual([]);
  });
});
