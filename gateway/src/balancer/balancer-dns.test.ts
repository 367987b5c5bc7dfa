import { describe, expect, test } from '@jest/globals';
import { DnsError } from './name-cache.js';
import { facts, targets, upstream } from './testing/entities.js';
import { settled } from './testing/fake-clock.js';
import { FakeWorld, peerOf, pickNow, record } from './testing/fake-world.js';

function ips(balancer: Parameters<typeof pickNow>[0], picks: number, host = 'u'): string[] {
  return [...new Set(Array.from({ length: picks }, () => pickNow(balancer, host).ip))].sort();
}

describe('a target that is a name', () => {
  test('waits for the first look-up only, then answers at once', async () => {
    const world = new FakeWorld();
    world.set('a.internal', ['10.0.0.1', '10.0.0.2']);
    const balancer = world.balancer([upstream('u')], targets('u', 'a.internal:8080'));
    const first = balancer.pick('u', 80, facts());
    expect(first).toBeInstanceOf(Promise);
    expect(peerOf(await first)).toMatchObject({ port: 8080, host: 'a.internal:8080' });
    expect(ips(balancer, 2)).toEqual(['10.0.0.1', '10.0.0.2']);
    balancer.close();
  });

  test('does not wait while another target can answer', () => {
    const world = new FakeWorld();
    world.names.set('a.internal', null);
    const balancer = world.balancer([upstream('u')], targets('u', 'a.internal:8080', '10.0.0.9:80'));
    expect(ips(balancer, 2)).toEqual(['10.0.0.9']);
    balancer.close();
  });

  test('follows the name without a restart, even with no traffic', async () => {
    const world = new FakeWorld();
    world.set('a.internal', ['10.0.0.1'], 5000);
    const balancer = world.balancer([upstream('u')], targets('u', 'a.internal:80'));
    await settled();
    const kept = pickNow(balancer, 'u');
    balancer.started(kept);
    world.set('a.internal', ['10.0.0.1', '10.0.0.2'], 5000);
    await world.clock.advance(6000);
    expect(ips(balancer, 2)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(balancer.snapshot()[0]!.targets[0]!.addresses.map(({ connections }) => connections)).toEqual([1, 0]);
    world.set('a.internal', ['10.0.0.3'], 5000);
    await world.clock.advance(6000);
    expect(ips(balancer, 2)).toEqual(['10.0.0.3']);
    balancer.finished(kept);
    balancer.close();
    expect(world.clock.waiting).toBe(0);
  });

  test('that does not resolve takes nothing, and comes in as soon as it does', async () => {
    const world = new FakeWorld();
    world.names.set('a.internal', new DnsError('DNS_NOT_FOUND', 'a.internal: ENOTFOUND'));
    const balancer = world.balancer([upstream('u')], targets('u', 'a.internal:80'));
    expect(await balancer.pick('u', 80, facts())).toEqual({ error: 'no_targets' });
    expect(balancer.snapshot()[0]!.targets[0]).toMatchObject({ health: 'DNS_ERROR', dns: 'a.internal: ENOTFOUND' });
    world.set('a.internal', ['10.0.0.1']);
    await world.clock.advance(6000);
    expect(ips(balancer, 1)).toEqual(['10.0.0.1']);
    balancer.close();
  });
});

describe('a target that is a service name', () => {
  test('SRV records give ports, weights and, when asked for, the Host', async () => {
    const world = new FakeWorld();
    const records = [record('10.0.0.1', { port: 1001, weight: 30, name: 'n1' }), record('10.0.0.2', { port: 0, weight: 10, name: 'n2' })];
    world.names.set('s.internal', { kind: 'SRV', records, ttlMs: 30_000 });
    const given = [...targets('u', ['s.internal:0', 5]), ...targets('v', 's.internal:80'), ...targets('w', ['s.internal:80', 0])];
    const balancer = world.balancer([upstream('u'), upstream('v', { use_srv_name: true }), upstream('w')], given);
    await settled();
    const seen = Array.from({ length: 40 }, () => pickNow(balancer, 'u'));
    expect(seen.filter(({ port }) => port === 1001)).toHaveLength(30);
    expect(seen[0]!.host).toBe('s.internal:1001');
    expect(new Set(Array.from({ length: 4 }, () => pickNow(balancer, 'v').host))).toEqual(new Set(['n1:1001', 'n2']));
    expect(balancer.pick('w', 80, facts())).toEqual({ error: 'no_targets' });
    balancer.close();
  });

  test('an address that is named twice is one peer', async () => {
    const world = new FakeWorld();
    const twice = record('10.0.0.1', { port: 1001, weight: 10, name: 'n1' });
    world.names.set('s.internal', { kind: 'SRV', records: [twice, twice], ttlMs: 30_000 });
    const balancer = world.balancer([upstream('u')], targets('u', 's.internal:80'));
    await settled();
    expect(balancer.snapshot()[0]!.targets[0]!.addresses).toMatchObject([{ ip: '10.0.0.1', port: 1001, weight: 20 }]);
    balancer.close();
  });
});

describe('a service’s host that is a name', () => {
  test('is looked up once for all, and its addresses take turns', async () => {
    const world = new FakeWorld();
    world.set('a.internal', ['10.0.0.1', '10.0.0.2']);
    const balancer = world.balancer([], []);
    const first = await Promise.all([balancer.pick('a.internal', 81, facts()), balancer.pick('a.internal', 81, facts())]);
    expect(first.map((result) => peerOf(result).ip)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(peerOf(first[0]!)).toMatchObject({ port: 81, host: 'a.internal:81' });
    expect(world.lookUps).toEqual(['a.internal']);
    const retry = balancer.pick('a.internal', 81, facts(), [peerOf(first[0]!)]);
    expect(peerOf(retry)).toBe(peerOf(first[1]!));
  });

  test('an answer past its time is used at once and renewed behind', async () => {
    const world = new FakeWorld();
    world.set('a.internal', ['10.0.0.1'], 1000);
    const balancer = world.balancer([], []);
    await balancer.pick('a.internal', 80, facts());
    world.set('a.internal', ['10.0.0.2'], 1000);
    await world.clock.advance(1500);
    expect(pickNow(balancer, 'a.internal').ip).toBe('10.0.0.1');
    await settled();
    expect(pickNow(balancer, 'a.internal').ip).toBe('10.0.0.2');
    expect(world.lookUps).toHaveLength(2);
  });

  test('that does not resolve is remembered for a moment', async () => {
    const world = new FakeWorld();
    world.names.set('a.internal', new DnsError('DNS_NOT_FOUND', 'none'));
    const balancer = world.balancer([], []);
    expect(await balancer.pick('a.internal', 80, facts())).toEqual({ error: 'name_unresolved' });
    expect(balancer.pick('a.internal', 80, facts())).toEqual({ error: 'name_unresolved' });
    expect(world.lookUps).toHaveLength(1);
    world.set('a.internal', ['10.0.0.1']);
    await world.clock.advance(5000);
    expect(peerOf(await balancer.pick('a.internal', 80, facts())).ip).toBe('10.0.0.1');
  });
});
