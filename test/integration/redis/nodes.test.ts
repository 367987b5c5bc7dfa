/** Several gateway nodes on one real Redis: limits at once, resets, breakers, revocations; and what happens when it is gone. */

import { type Decision, RequestContext, type Revocation } from '@gatehouse/policy';
import { type FakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ChainLink } from '../../../plugins/src/chain.js';
import { closeBreaker, openBreaker, showBreakers } from '../../../plugins/src/circuit-breaker/index.js';
import { Node as BreakerNode } from '../../../plugins/src/circuit-breaker/testing/setup.js';
import { createLink } from '../../../plugins/src/link.js';
import { redisRateLimit, resetSubject } from '../../../plugins/src/redis-rate-limit/index.js';
import { redisStores, type Stores } from '../../../plugins/src/stores/index.js';
import { eventually, TestRedis } from '../../support/redis.js';
import { realEffects, settingsOf } from '../../support/redis-world.js';

let server: TestRedis;
const open: Stores[] = [];

beforeEach(async () => {
  server = await TestRedis.start();
});

afterEach(async () => {
  for (const stores of open.splice(0)) stores.close();
  await server.resume();
  await server.kill();
});

/** What one gateway node has. */
interface GatewayNode {
  readonly effects: FakeEffects;
  readonly stores: Stores;
}

async function node(): Promise<GatewayNode> {
  const effects = realEffects();
  const stores = redisStores('gongbu', settingsOf(server.port), effects);
  open.push(stores);
  await stores.settled();
  return { effects, stores };
}

const nodes = (count: number): Promise<GatewayNode[]> => Promise.all(Array.from({ length: count }, node));

function limiterOn({ effects, stores }: GatewayNode, config: object): ChainLink {
  return createLink(redisRateLimit, { system: 'gongbu', ...config }, { ...effects, stores: () => stores });
}

const decide = async ({ instance }: ChainLink, clientIp = '1.1.1.1'): Promise<Decision> =>
  instance.decide(fakeFacts({ clientIp }), new RequestContext(), Date.now());

const byIp = (limit: number, more: object = {}) => ({ name: 'ip', limit, seconds: 3600, by: ['ip'], ...more });

describe('limits', () => {
  test('8 nodes and 400 requests at once on one key: never one more than the window allows', async () => {
    const windows = [byIp(123), byIp(1000, { name: 'sliding', type: 'sliding' })];
    // On a busy machine some may come too late for the deadline: they don't pass, though they may have been counted.
    const limiters = (await nodes(8)).map((made) => limiterOn(made, { windows, redis_down: 'closed' }));
    const wave = () => Promise.all(Array.from({ length: 400 }, (_, i) => decide(limiters[i % 8]!)));
    const decisions = [...(await wave()), ...(await wave())];
    expect(decisions.filter(({ kind }) => kind === 'pass').length).toBeLessThanOrEqual(123);
    expect(decisions.filter(({ kind }) => kind === 'pass').length).toBeGreaterThan(0);
    const late = decisions.filter((decision) => decision.kind === 'deny' && decision.code === 'undecided').length;
    if (late === 0) expect(decisions.filter(({ kind }) => kind === 'pass')).toHaveLength(123);
  });

  test('by the server’s clock: windows of nodes whose clocks are hours apart are one', async () => {
    const [a, b] = await nodes(2);
    const wrong = limiterOn({ ...b!, effects: { ...b!.effects, now: () => Date.now() + 7_200_000 } }, { windows: [byIp(3)] });
    const right = limiterOn(a!, { windows: [byIp(3)] });
    const kinds: string[] = [];
    for (const limiter of [right, wrong, right, wrong, right]) kinds.push((await decide(limiter)).kind);
    expect(kinds).toEqual(['pass', 'pass', 'pass', 'deny', 'deny']);
  });

  test('short windows by the real clock: each lets its limit through, and then starts anew', async () => {
    const [made] = await nodes(1);
    const limiter = limiterOn(made!, { windows: [byIp(5, { seconds: 1 })] });
    const passed = new Map<number, number>();
    const until = Date.now() + 2500;
    while (Date.now() < until) {
      const before = Number((await server.ask('TIME')).split('\r\n')[2]);
      const { kind } = await decide(limiter);
      const after = Number((await server.ask('TIME')).split('\r\n')[2]);
      if (kind === 'pass' && before === after) passed.set(before, (passed.get(before) ?? 0) + 1);
    }
    expect(Math.max(...passed.values())).toBeLessThanOrEqual(5);
    expect(passed.size).toBeGreaterThanOrEqual(2);
  });

  test('one round trip for all windows, none for a remembered refusal', async () => {
    const [made] = await nodes(1);
    const limiter = limiterOn(made!, { windows: [byIp(2), byIp(100, { name: 'b' }), byIp(100, { name: 'c', type: 'sliding' })] });
    await decide(limiter);
    const commands = async (): Promise<number> =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await server.ask('INFO', 'commandstats'))?.[1] ?? 0);
    const before = await commands();
    for (let i = 0; i < 10; i++) await decide(limiter);
    expect((await commands()) - before).toBe(2);
  });

  test('an operator resets somebody: every node forgets the refusals that it remembers', async () => {
    const made = await nodes(2);
    const limiters = made.map((one) => limiterOn(one, { windows: [byIp(1)] }));
    for (const limiter of [...limiters, ...limiters]) await decide(limiter);
    const operator = await node();
    expect(await resetSubject(operator.stores.limits, '1.1.1.1')).toBe(1);
    await eventually('some node lets it through', async () => (await decide(limiters[0]!)).kind === 'pass');
    await resetSubject(operator.stores.limits, '1.1.1.1');
    await eventually('the other does, too', async () => (await decide(limiters[1]!)).kind === 'pass');
  });

  test.each(['killed', 'stopped'] as const)(
    'Redis %s under load: no request fails, each node counts its part, and shared counting returns',
    async (how) => {
      const [made] = await nodes(1);
      const limiter = limiterOn(made!, { nodes: 2, windows: [byIp(1000)] });
      await decide(limiter);
      const flood = Array.from({ length: 100 }, () => decide(limiter));
      if (how === 'killed') await server.kill();
      else await server.pause();
      const during = await Promise.all([...flood, ...Array.from({ length: 100 }, () => decide(limiter))]);
      expect(during.filter(({ kind }) => kind === 'pass')).toHaveLength(200);
      const alone = await Promise.all(Array.from({ length: 800 }, () => decide(limiter)));
      expect(alone.filter(({ kind }) => kind === 'pass').length).toBeLessThanOrEqual(500);
      expect(made!.effects.lines.map(({ message }) => message)).toContain('requests are not counted in Redis');
      if (how === 'killed') await server.launch();
      else await server.resume();
      await eventually('it is counted in Redis again', async () => {
        await decide(limiter, '1.1.1.2');
        return made!.effects.lines.some(({ message }) => message === 'requests are counted in Redis again');
      });
      expect((await decide(limiter, '1.1.1.3')).kind).toBe('pass');
    },
  );
});

describe('breakers', () => {
  const config = { service: 'course', error_percent: 50, minimum_requests: 2, reset_ms: 300, probe_ms: 60_000 };

  async function breakers(count: number): Promise<BreakerNode[]> {
    const made = await nodes(count);
    const list = made.map(({ effects, stores }, i) => new BreakerNode(effects, stores.breakers, config, `n${i}-`));
    for (const breaker of list) await breaker.send(200);
    return list;
  }

  const open = (breaker: BreakerNode) => async (): Promise<boolean> => breaker.gauge('course') === 1;

  test('what opens on one node is open on the others; one probe in the cluster closes it on all', async () => {
    const list = await breakers(3);
    await list[0]!.send(500, 500);
    for (const breaker of list) await eventually('open everywhere', open(breaker));
    const asked = async () => (await Promise.all(list.map((breaker) => breaker.ask()))).flatMap((said) => ('kind' in said ? [] : [said]));
    let probes = await asked();
    await eventually('it may be tried', async () => {
      if (probes.length === 0) probes = await asked();
      return probes.length > 0;
    });
    expect(probes).toHaveLength(1);
    expect(await asked()).toHaveLength(0);
    await probes[0]!.end(200);
    for (const breaker of list) await eventually('closed everywhere', () => breaker.gauge('course') === 0);
    expect(await list[2]!.send(200)).toBe('200');
  });

  test('an operator’s word holds on every node, and on one that starts later', async () => {
    const list = await breakers(2);
    const operator = await node();
    await openBreaker(operator.stores.breakers, 'course', null);
    for (const breaker of list) await eventually('open everywhere', open(breaker));
    const { effects, stores } = await node();
    const late = new BreakerNode(effects, stores.breakers, config, 'late');
    await late.send(200);
    await eventually('open on the late one', open(late));
    expect(await showBreakers(operator.stores.breakers)).toEqual([{ service: 'course', state: 'open', remainingMs: null, forced: true }]);
    await closeBreaker(operator.stores.breakers, 'course', null);
    for (const breaker of [...list, late]) await eventually('closed everywhere', () => breaker.gauge('course') === 0);
  });

  test('opened while Redis was away: told when it is back; alone it finds its way back, too', async () => {
    const list = await breakers(2);
    await server.kill();
    await list[0]!.send(500, 500);
    expect(await list[0]!.send(200)).toBe('-');
    expect(await list[1]!.send(200)).toBe('200');
    await eventually('it tried on its own', async () => (await list[0]!.send(200)) === '200');
    await list[0]!.send(500, 500);
    await server.launch();
    await eventually('the other heard of it', open(list[1]!));
  });
});

describe('revocations', () => {
  const revocation = (id: string): Revocation => ({
    system: 'gongbu',
    kind: 'session',
    id,
    since: Date.now(),
    until: Date.now() + 3_600_000,
  });

  test('reach every node within a second, and survive a Redis that came back empty', async () => {
    const [a, b] = await nodes(2);
    const heard: string[] = [];
    b!.stores.revocations.follow(
      ({ id }) => void heard.push(id),
      () => undefined,
    );
    const published = Date.now();
    await a!.stores.revocations.publish(revocation('s1'));
    await eventually('the other node heard', () => heard.includes('s1'), 1000);
    expect(Date.now() - published).toBeLessThan(1000);
    await server.kill();
    await server.launch();
    await eventually('it is told again', async () => (await server.ask('XLEN', 'gatehouse:{gongbu}:revocations')).startsWith(':1'));
    const late = await node();
    const lateHeard: string[] = [];
    late.stores.revocations.follow(
      ({ id }) => void lateHeard.push(id),
      () => undefined,
    );
    await eventually('a new node hears of it', () => lateHeard.includes('s1'));
  });

  test('a feed that does not answer is not heard from', async () => {
    const [a] = await nodes(1);
    let heard = 0;
    a!.stores.revocations.follow(
      () => undefined,
      () => void heard++,
    );
    await eventually('it is heard', () => heard > 0);
    await server.pause();
    await eventually('it is missed', () => a!.effects.lines.some(({ message }) => message === 'Redis is away'));
    const before = heard;
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toBe(before);
    await server.resume();
    await eventually('it is heard again', () => heard > before);
  });
});
