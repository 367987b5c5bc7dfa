import { describe, expect, test } from '@jest/globals';
import { BalancerConfigError } from './faults.js';
import { PICK_ERRORS } from './pick.js';
import { checks, facts, targets, upstream } from './testing/entities.js';
import { FakeWorld, peerOf, pickNow, tally } from './testing/fake-world.js';

describe('picking', () => {
  test('weights decide the share exactly, and weight 0 takes nothing', () => {
    const balancer = new FakeWorld().balancer([upstream('u')], targets('u', ['127.0.0.1:1', 10], ['127.0.0.1:2', 30], ['127.0.0.1:3', 0]));
    expect(tally(balancer, 'u', 40)).toEqual({ 1: 10, 2: 30 });
  });

  test('an upstream without targets, or with weights of 0 only, has none', () => {
    const balancer = new FakeWorld().balancer([upstream('u'), upstream('v')], targets('v', ['127.0.0.1:1', 0]));
    expect(balancer.pick('u', 80, facts())).toEqual({ error: 'no_targets' });
    expect(balancer.pick('v', 80, facts())).toEqual({ error: 'no_targets' });
    expect(PICK_ERRORS.no_targets).toEqual({ status: 503, message: 'failure to get a peer from the ring-balancer' });
  });

  test('the same peer is the same answer: nothing is made per request', () => {
    const balancer = new FakeWorld().balancer([upstream('u')], targets('u', '127.0.0.1:1'));
    expect(balancer.pick('u', 80, facts())).toBe(balancer.pick('u', 80, facts()));
  });

  test('least-connections goes by what is started and not finished', () => {
    const balancer = new FakeWorld().balancer(
      [upstream('u', { algorithm: 'least-connections' })],
      targets('u', '127.0.0.1:1', '127.0.0.1:2'),
    );
    const busy = pickNow(balancer, 'u');
    balancer.started(busy);
    for (let i = 0; i < 5; i++) expect(pickNow(balancer, 'u')).not.toBe(busy);
    balancer.finished(busy);
    expect(Object.keys(tally(balancer, 'u', 2))).toHaveLength(2);
  });

  test('latency goes by the times that are reported', async () => {
    const world = new FakeWorld();
    const balancer = world.balancer([upstream('u', { algorithm: 'latency' })], targets('u', '127.0.0.1:1', '127.0.0.1:2'));
    await world.clock.advance(5000);
    const slow = pickNow(balancer, 'u');
    balancer.started(slow);
    balancer.finished(slow, 500);
    for (let i = 0; i < 3; i++) expect(pickNow(balancer, 'u')).not.toBe(slow);
  });

  test('hashing sticks, and gives the cookie with the first try only', () => {
    const up = upstream('u', { algorithm: 'consistent-hashing', hash_on: 'cookie', hash_on_cookie: 'sid' });
    const balancer = new FakeWorld().balancer([up], targets('u', '127.0.0.1:1', '127.0.0.1:2'));
    const request = facts();
    const first = balancer.pick('u', 80, request);
    expect(first).toMatchObject({ setCookie: 'sid=00000000-0000-4000-8000-000000000000; Path=/; Same-Site=Lax; HttpOnly' });
    const again = balancer.pick('u', 80, request, [peerOf(first)]);
    expect(again).toEqual({ peer: peerOf(first) });
    const known = facts({ cookie: () => '00000000-0000-4000-8000-000000000000' });
    expect(balancer.pick('u', 80, known)).toEqual({ peer: peerOf(first) });
  });

  test('a retry goes to another target', () => {
    const balancer = new FakeWorld().balancer([upstream('u')], targets('u', ['127.0.0.1:1', 1], ['127.0.0.1:2', 1000]));
    const first = pickNow(balancer, 'u');
    expect(pickNow(balancer, 'u', [first])).not.toBe(first);
  });
});

describe('Host', () => {
  test('is the target’s name, or the upstream’s host_header, with the port as Kong adds it', () => {
    const world = new FakeWorld();
    world.set('a.internal', ['10.0.0.1']);
    const given = [...targets('u', '127.0.0.1:19101'), ...targets('v', '127.0.0.1:19101'), ...targets('w', '127.0.0.1:80')];
    const balancer = world.balancer([upstream('u'), upstream('v', { host_header: 'api' }), upstream('w', { host_header: 'api' })], given);
    expect(pickNow(balancer, 'u').host).toBe('127.0.0.1:19101');
    expect(pickNow(balancer, 'v').host).toBe('api:19101');
    expect(pickNow(balancer, 'w')).toMatchObject({ host: 'api', tlsHost: 'api:80' });
  });
});

describe('a host without an upstream', () => {
  test('a literal address is its own peer', () => {
    const balancer = new FakeWorld().balancer([], []);
    const peer = peerOf(balancer.pick('[::1]', 8080, facts()));
    expect(peer).toMatchObject({ ip: '::1', port: 8080, host: '[::1]:8080' });
    expect(peerOf(balancer.pick('[::1]', 8080, facts()))).toBe(peer);
    expect(peerOf(balancer.pick('[::1]', 80, facts())).host).toBe('[::1]');
  });

  test('reports and counts about it are taken and lead to nothing', () => {
    const world = new FakeWorld();
    const balancer = world.balancer([], []);
    const peer = pickNow(balancer, '127.0.0.1');
    balancer.started(peer);
    balancer.reportStatus(peer, 500);
    balancer.reportTcpFailure(peer);
    balancer.reportTimeout(peer);
    balancer.finished(peer, 5);
    expect(world.changes).toEqual([]);
  });
});

describe('reload', () => {
  test('keeps the place in the sequence when nothing changed', () => {
    const given = targets('u', '127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3');
    const balancer = new FakeWorld().balancer([upstream('u')], given);
    const seen = [pickNow(balancer, 'u').port];
    for (let i = 0; i < 5; i++) {
      balancer.update(
        [upstream('u', { tags: [String(i)] })],
        given.map((target) => ({ ...target })),
      );
      seen.push(pickNow(balancer, 'u').port);
    }
    expect(seen.slice(3)).toEqual(seen.slice(0, 3));
    expect(new Set(seen).size).toBe(3);
  });

  test('keeps connection counts, takes new weights, adds and removes', () => {
    const balancer = new FakeWorld().balancer([upstream('u')], targets('u', '127.0.0.1:1', '127.0.0.1:2'));
    const peers = [pickNow(balancer, 'u'), pickNow(balancer, 'u')].sort((a, b) => a.port - b.port);
    balancer.started(peers[0]!);
    balancer.update([upstream('u', { algorithm: 'least-connections' })], targets('u', ['127.0.0.1:1', 50], '127.0.0.1:3'));
    expect(balancer.snapshot()[0]).toMatchObject({
      algorithm: 'least-connections',
      weight: { total: 150 },
      targets: [
        { target: '127.0.0.1:1', addresses: [{ connections: 1, weight: 50 }] },
        { target: '127.0.0.1:3', addresses: [{ connections: 0, weight: 100 }] },
      ],
    });
    expect(pickNow(balancer, 'u').port).toBe(3);
    balancer.finished(peers[0]!);
    balancer.finished(peers[1]!);
  });

  test('an upstream that goes frees its name for DNS, one that comes takes it', async () => {
    const world = new FakeWorld();
    world.set('u', ['10.0.0.9']);
    const balancer = world.balancer([upstream('u')], targets('u', '127.0.0.1:1'));
    balancer.update([], []);
    const resolved = await balancer.pick('u', 80, facts());
    expect(peerOf(resolved).ip).toBe('10.0.0.9');
    balancer.update([upstream('u')], targets('u', '127.0.0.1:1'));
    expect(pickNow(balancer, 'u').ip).toBe('127.0.0.1');
  });

  test('a configuration that can’t be followed is refused and changes nothing', () => {
    const grpc = checks({ active: { type: 'grpc', healthy: { interval: 1 } } });
    const balancer = new FakeWorld().balancer([upstream('u')], targets('u', '127.0.0.1:1'));
    const bad = [upstream('v', { algorithm: 'sticky-sessions' }), upstream('w', { healthchecks: grpc })];
    const refused = expect(() => balancer.update(bad, []));
    refused.toThrow(BalancerConfigError);
    refused.toThrow(/upstreams\[0\]\.algorithm: .*\n?.*upstreams\[1\]\.healthchecks\.active\.type: /s);
    expect(pickNow(balancer, 'u').port).toBe(1);
  });
});
