import { describe, expect, test } from '@jest/globals';
import { checks, type GivenChecks, targets, upstream } from './testing/entities.js';
import { settled } from './testing/fake-clock.js';
import { FakeWorld } from './testing/fake-world.js';

const everySecond: GivenChecks = {
  active: { healthy: { interval: 1, successes: 2 }, unhealthy: { interval: 1, http_failures: 2, tcp_failures: 2, timeouts: 2 } },
};

function health(world: FakeWorld): string[] {
  return world.changes.map((change) => `${change.port} ${change.healthy ? 'up' : 'down'}`);
}

describe('ActiveChecker', () => {
  test('takes out what fails and brings back what works again', async () => {
    const world = new FakeWorld();
    const up = upstream('u', { healthchecks: checks(everySecond) });
    const balancer = world.balancer([up], targets('u', '127.0.0.1:1', '127.0.0.1:2'));
    world.answer = ({ port }) => ({ kind: 'status', status: port === 1 ? 500 : 200 });
    await world.clock.advance(2500);
    expect(health(world)).toEqual(['1 down']);
    world.answer = () => ({ kind: 'status', status: 200 });
    await world.clock.advance(2500);
    expect(health(world)).toEqual(['1 down', '1 up']);
    balancer.close();
  });

  test.each([
    ['tcp_failure', { kind: 'tcp_failure' }, 'down'],
    ['timeout', { kind: 'timeout' }, 'down'],
    ['a status on neither list', { kind: 'status', status: 418 }, 'up'],
    ['an answer that is not HTTP', { kind: 'status', status: 0 }, 'down'],
  ] as const)('counts %s', async (_what, outcome, expected) => {
    const world = new FakeWorld();
    world.answer = () => outcome;
    const balancer = world.balancer([upstream('u', { healthchecks: checks(everySecond) })], targets('u', '127.0.0.1:1'));
    await world.clock.advance(5000);
    expect(health(world)).toEqual(expected === 'down' ? ['1 down'] : []);
    balancer.close();
  });
});

describe('what ActiveChecker asks', () => {
  test('a tcp check that connects is a success', async () => {
    const world = new FakeWorld();
    const given = { ...everySecond, active: { ...everySecond.active, type: 'tcp' as const } };
    const balancer = world.balancer([upstream('u', { healthchecks: checks(given) })], targets('u', '127.0.0.1:1'));
    balancer.setHealth('u', '127.0.0.1:1', null, false);
    world.answer = () => ({ kind: 'connected' });
    await world.clock.advance(2500);
    expect(health(world)).toEqual(['1 down', '1 up']);
    balancer.close();
  });

  test('asks for what the upstream says', async () => {
    const world = new FakeWorld();
    const given: GivenChecks = {
      active: {
        ...everySecond.active,
        type: 'https',
        http_path: '/up',
        https_verify_certificate: false,
        headers: { 'X-Probe': ['1'] },
        timeout: 3,
      },
    };
    const up = upstream('u', { healthchecks: checks(given), host_header: 'api.internal', client_certificate: { id: 'cert' } });
    const certificate = { cert: 'c', key: 'k' };
    const balancer = world.balancer([up], targets('u', '127.0.0.1:1'), { certificate: () => certificate });
    await world.clock.advance(1200);
    const expected = { type: 'https', ip: '127.0.0.1', port: 1, host: 'api.internal', sni: 'api.internal', path: '/up', timeoutMs: 3000 };
    expect(world.probes[0]).toMatchObject({ ...expected, verify: false, headers: { 'X-Probe': ['1'] }, certificate });
    balancer.close();
  });

  test('healthy and unhealthy peers each have their interval; weight 0 is left alone', async () => {
    const world = new FakeWorld();
    const given = { active: { healthy: { interval: 10, successes: 1 }, unhealthy: { interval: 1, http_failures: 1 } } };
    const list = targets('u', '127.0.0.1:1', '127.0.0.1:2', ['127.0.0.1:3', 0]);
    const balancer = world.balancer([upstream('u', { healthchecks: checks(given) })], list);
    balancer.setHealth('u', '127.0.0.1:1', null, false);
    world.answer = () => ({ kind: 'status', status: 500 });
    await world.clock.advance(5500);
    expect(new Set(world.probes.map(({ port }) => port))).toEqual(new Set([1]));
    await world.clock.advance(6000);
    expect(new Set(world.probes.map(({ port }) => port))).toEqual(new Set([1, 2]));
    balancer.close();
  });

  test('keeps to its concurrency', async () => {
    const world = new FakeWorld();
    const open: (() => void)[] = [];
    world.answer = () => new Promise((resolve) => open.push(() => resolve({ kind: 'status', status: 200 })));
    const given = { active: { ...everySecond.active, concurrency: 2 } };
    const list = targets('u', ...Array.from({ length: 5 }, (_, i) => `127.0.0.1:${i + 1}`));
    const balancer = world.balancer([upstream('u', { healthchecks: checks(given) })], list);
    await world.clock.advance(1200);
    expect(world.probes).toHaveLength(2);
    open.shift()!();
    await settled();
    expect(world.probes).toHaveLength(3);
    balancer.close();
  });
});

describe('ActiveChecker under trouble', () => {
  test('a probe that never answers is given up, counts as a time-out, and the checks go on', async () => {
    const world = new FakeWorld();
    world.answer = () => new Promise(() => {});
    const balancer = world.balancer([upstream('u', { healthchecks: checks(everySecond) })], targets('u', '127.0.0.1:1'));
    await world.clock.advance(15_000);
    expect(health(world)).toEqual(['1 down']);
    expect(world.probes[0]!.signal.aborted).toBe(true);
    world.answer = () => ({ kind: 'status', status: 200 });
    await world.clock.advance(15_000);
    expect(health(world)).toEqual(['1 down', '1 up']);
    balancer.close();
  });

  test('a probe that throws is a failed connection', async () => {
    const world = new FakeWorld();
    world.answer = () => {
      throw new Error('boom');
    };
    const balancer = world.balancer([upstream('u', { healthchecks: checks(everySecond) })], targets('u', '127.0.0.1:1'));
    await world.clock.advance(3500);
    expect(health(world)).toEqual(['1 down']);
    balancer.close();
  });

  test('close ends timers and probes, and a late outcome changes nothing', async () => {
    const world = new FakeWorld();
    let answer: (() => void) | undefined;
    world.answer = () => new Promise((resolve) => (answer = () => resolve({ kind: 'status', status: 500 })));
    const given = { active: { healthy: { interval: 1 }, unhealthy: { http_failures: 1 } } };
    const balancer = world.balancer([upstream('u', { healthchecks: checks(given) })], targets('u', '127.0.0.1:1'));
    await world.clock.advance(1200);
    balancer.close();
    expect(world.clock.waiting).toBe(0);
    expect(world.probes[0]!.signal.aborted).toBe(true);
    answer!();
    await settled();
    expect(world.changes).toEqual([]);
  });

  test('intervals vary by a tenth', async () => {
    const world = new FakeWorld();
    const given = { active: { healthy: { interval: 10 } } };
    const balancer = world.balancer([upstream('u', { healthchecks: checks(given) })], targets('u', '127.0.0.1:1'), { random: () => 0 });
    await world.clock.advance(8999);
    expect(world.probes).toHaveLength(0);
    await world.clock.advance(1);
    expect(world.probes).toHaveLength(1);
    balancer.close();
  });
});
