import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { closeBreaker, openBreaker, showBreakers } from './index.js';
import { type End, Node, node, type Running } from './testing/setup.js';

const running = async (asked: ReturnType<Node['ask']>): Promise<Running> => {
  const request = await asked;
  if ('kind' in request) throw new Error('it was refused');
  return request;
};
const times = (count: number, end: End): End[] => Array<End>(count).fill(end);
const healthpay = { error_percent: 50, minimum_requests: 10, window_seconds: 30, consecutive_failures: 5, reset_ms: 60_000 };
const gongbu = {
  error_percent: 60,
  minimum_requests: 1,
  window_seconds: 10,
  reset_ms: 60_000,
  message: 'course-service temporarily unavailable',
};

describe('opens', () => {
  test('after 5 failures in a row, and not after 4', async () => {
    const made = node(healthpay);
    expect(await made.send(500, 500, 500, 500, 200, 500, 500, 500, 500)).not.toContain('-');
    expect(made.gauge()).toBe(0);
    expect(await made.send(500, 200)).toBe('500 -');
    expect(made.gauge()).toBe(1);
  });

  test.each(['refused', 'closed', 'timeout', 500, 503, 599] as const)('%s is a failure', async (end) => {
    expect(await node(healthpay).send(...times(6, end))).toContain('-');
  });

  test.each([400, 401, 404, 408, 429, 499, 200, 101, 'other plugin'] as const)('%s is none', async (end) => {
    expect(await node({ ...healthpay, minimum_requests: 1 }).send(...times(20, end))).not.toContain('-');
  });

  test('at half of ten, and neither of nine nor at four of ten', async () => {
    const mixed = (failures: number, count: number): End[] => Array.from({ length: count }, (_, i) => (i >= count - failures ? 500 : 200));
    const rule = { ...healthpay, consecutive_failures: 0 };
    expect(await node(rule).send(...mixed(5, 10), 200)).toMatch(/-$/);
    expect(await node(rule).send(...mixed(5, 9), 200)).not.toContain('-');
    expect(await node(rule).send(...mixed(4, 10), 200)).not.toContain('-');
  });

  test('by opossum’s own terms: 60 % of however few', async () => {
    expect(await node(gongbu).send(200, 200, 500, 500, 200, 500, 500)).toBe('200 200 500 500 200 500 500');
    expect(await node(gongbu).send(200, 200, 500, 500, 500, 500)).toBe('200 200 500 500 500 -');
    expect(await node(gongbu).send(500, 200)).toBe('500 -');
  });

  test('exactly when at least the percentage of at least the number failed, in any order', async () => {
    const outcomes = fc.array(fc.boolean(), { maxLength: 30 });
    const percent = fc.integer({ min: 1, max: 100 });
    await fc.assert(
      fc.asyncProperty(outcomes, percent, fc.integer({ min: 1, max: 12 }), async (list, error_percent, minimum_requests) => {
        const made = node({ error_percent, minimum_requests });
        let [answers, failures, open] = [0, 0, false];
        for (const good of list) {
          expect(await made.send(good ? 200 : 500)).toBe(open ? '-' : good ? '200' : '500');
          if (open) return;
          answers++;
          if (!good) failures++;
          open = !good && answers >= minimum_requests && failures * 100 >= error_percent * answers;
        }
      }),
      { numRuns: 60 },
    );
  });

  test('what is older than the window counts no more; requests under way do not dilute it', async () => {
    const made = node({ ...healthpay, consecutive_failures: 0 });
    await made.send(...times(9, 500));
    await made.effects.clock.advance(30_000);
    expect(await made.send(500, ...times(9, 200), 200)).not.toContain('-');
    const hanging = await Promise.all(Array.from({ length: 100 }, () => running(made.ask())));
    await made.effects.clock.advance(30_000);
    for (const request of hanging.slice(0, 10)) await request.end('timeout');
    expect(await made.send(200)).toBe('-');
  });
});

describe('open', () => {
  test('refuses at once, in the page’s words, and says when to come again', async () => {
    const made = node(gongbu);
    await made.send(500);
    await made.effects.clock.advance(500);
    expect(await made.ask()).toEqual({
      kind: 'deny',
      code: 'circuit_open',
      message: 'course-service temporarily unavailable',
      retryAfter: 60,
    });
  });

  test('is of one service; routes that name the same share it', async () => {
    const made = node(gongbu);
    await made.send(500);
    expect(await made.ask({ service: 'other' })).toHaveProperty('end');
    const named = node({ ...gongbu, service: 'course' });
    const same = new Node(named.effects, named.store, { ...gongbu, service: 'course' });
    await named.send(500);
    expect(await same.send(200)).toBe('-');
    expect(named.gauge('course')).toBe(1);
    expect(await node(gongbu).ask({ service: null })).toHaveProperty('end');
  });

  test('outcomes of requests that were let through before do not matter any more', async () => {
    const made = node({ ...gongbu, reset_ms: 1000 });
    const early = [await running(made.ask()), await running(made.ask())];
    await made.send(500);
    await early[0]!.end(200);
    expect(made.gauge()).toBe(1);
    await made.effects.clock.advance(1000);
    const probe = await running(made.ask());
    await early[1]!.end(500);
    expect(made.gauge()).toBe(2);
    await probe.end(200);
    expect(made.gauge()).toBe(0);
  });
});

describe('half-open', () => {
  /** Open, and ready to be tried. */
  async function ready(more: object = {}): Promise<Node> {
    const made = node({ ...gongbu, reset_ms: 1000, probe_ms: 5000, ...more });
    await made.send(500);
    await made.effects.clock.advance(999);
    expect(await made.send(200)).toBe('-');
    await made.effects.clock.advance(1);
    return made;
  }

  test('lets one through of many at once; when it succeeds, all pass', async () => {
    const made = await ready();
    const asked = await Promise.all(Array.from({ length: 20 }, () => made.ask()));
    const through = asked.filter((request): request is Running => !('kind' in request));
    expect(through).toHaveLength(1);
    expect(made.gauge()).toBe(2);
    await through[0]!.end(200);
    expect(made.gauge()).toBe(0);
    expect(await made.send(200, 200)).toBe('200 200');
  });

  test('when it fails, it is open for as long again', async () => {
    const made = await ready();
    expect(await made.send(503, 200)).toBe('503 -');
    await made.effects.clock.advance(999);
    expect(await made.send(200)).toBe('-');
    await made.effects.clock.advance(1);
    expect(await made.send(200, 200)).toBe('200 200');
  });

  test.each(['leave', 'refuse'] as const)('a probe that did not come to the service (%s) makes room at once', async (how) => {
    const made = await ready();
    const probe = await running(made.ask());
    await probe[how]();
    expect(await made.send(200, 200)).toBe('200 200');
  });

  test('one that never ends makes room after its time', async () => {
    const made = await ready();
    const lost = await running(made.ask());
    await made.effects.clock.advance(4999);
    expect(await made.send(200)).toBe('-');
    await made.effects.clock.advance(251);
    expect(await made.send(200)).toBe('200');
    await lost.end(500);
    expect(made.gauge()).toBe(0);
  });

  test('with nobody to ask for the lease, this node tries on its own', async () => {
    const made = await ready();
    made.store.lease = () => Promise.reject(new Error('Redis is away'));
    expect(await made.send(200, 200)).toBe('200 200');
  });

  test('there is always a way back: whatever happens, a service that is well is served again', async () => {
    const step = fc.oneof(
      fc.constantFrom<End | 'leave' | 'refuse' | 'hang'>(200, 500, 'timeout', 'other plugin', 'leave', 'refuse', 'hang'),
      fc.integer({ min: 1, max: 3000 }).map((wait) => ({ wait })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const made = node({ ...gongbu, reset_ms: 1000, probe_ms: 2000 });
        for (const next of steps) {
          if (typeof next === 'object') {
            await made.effects.clock.advance(next.wait);
            continue;
          }
          const request = await made.ask();
          if ('kind' in request || next === 'hang') continue;
          if (next === 'leave' || next === 'refuse') await request[next]();
          else await request.end(next);
        }
        await made.effects.clock.advance(3000);
        await made.send(200);
        expect(await made.send(200, 200)).toBe('200 200');
      }),
      { numRuns: 60 },
    );
  });
});

describe('an operator', () => {
  test('holds a breaker open until it is closed, or for a time', async () => {
    const made = node(gongbu);
    await made.send(200);
    await openBreaker(made.store, 'test-service', null);
    await made.effects.clock.advance(10 * 60_000);
    expect(await made.send(200)).toBe('-');
    expect(await showBreakers(made.store)).toEqual([{ service: 'test-service', state: 'open', remainingMs: null, forced: true }]);
    await closeBreaker(made.store, 'test-service', null);
    expect(await made.send(200, 500, 500, 200)).toBe('200 500 500 -');
    await openBreaker(made.store, 'test-service', 5000);
    await made.effects.clock.advance(5000);
    expect(await made.send(200, 200)).toBe('200 200');
  });

  test('holds one closed for a time, whatever the service does', async () => {
    const made = node(gongbu);
    await made.send(500);
    await closeBreaker(made.store, 'test-service', 5000);
    expect(await made.send(...times(10, 500))).not.toContain('-');
    await made.effects.clock.advance(5000);
    expect(await made.send(500, 200)).toBe('500 -');
  });

  test('is told of names that are none', async () => {
    const made = node(gongbu);
    await made.send(200);
    await expect(openBreaker(made.store, 'test-servise', null)).rejects.toThrow('there are test-service');
  });
});

test('a configuration that was replaced takes its breakers along, with new thresholds', async () => {
  const before = node({ ...gongbu, minimum_requests: 100 });
  await before.send(...times(5, 500));
  const after = new Node(before.effects, before.store, gongbu);
  expect(await after.send(500, 200)).toBe('500 -');
  expect(await before.send(200)).toBe('-');
});

test('what is counted', async () => {
  const made = node(gongbu);
  await made.send(200, 500, 500, 200, 200);
  const count = (name: string) => made.effects.values.get(`gatehouse_circuit_breaker_${name}_total{gongbu,test-service}`);
  expect([count('requests'), count('failures'), count('rejected')]).toEqual([5, 2, 2]);
});
