import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type CountKind, HealthTracker } from './health-state.js';

type Limits = Record<CountKind, number>;

const kinds: readonly CountKind[] = ['success', 'http_failure', 'tcp_failure', 'timeout'];
const limits = fc.record({ success: limit(), http_failure: limit(), tcp_failure: limit(), timeout: limit() });

function limit(): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 4 });
}

/**
 * The rule in one sentence, told naively over the whole history: a peer changes sides when, among the observations that
 * count (limit above 0, and not of the side it is firmly on), those since the last one of the other side, or since it
 * was firm, hold enough of one kind.
 */
function naive(history: readonly CountKind[], allowed: Limits): 'healthy' | 'unhealthy' {
  let side: 'healthy' | 'unhealthy' = 'healthy';
  let firm = true;
  let run: CountKind[] = [];
  for (const kind of history) {
    const good = kind === 'success';
    if (allowed[kind] === 0 || (firm && good === (side === 'healthy'))) continue;
    if (run.some((other) => (other === 'success') !== good)) run = [];
    run.push(kind);
    firm = false;
    if (run.filter((other) => other === kind).length < allowed[kind]) continue;
    side = good ? 'healthy' : 'unhealthy';
    firm = true;
  }
  return side;
}

describe('HealthTracker', () => {
  test('takes the side that a naive reading of its history takes', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...kinds), { maxLength: 60 }), limits, (history, allowed) => {
        const tracker = new HealthTracker();
        for (const kind of history) tracker.count(kind, allowed[kind]);
        expect(tracker.available).toBe(naive(history, allowed) === 'healthy');
      }),
      { numRuns: 500 },
    );
  });

  test('failures in a row take it out, a success in between starts anew', () => {
    const tracker = new HealthTracker();
    for (const kind of ['http_failure', 'http_failure', 'success', 'http_failure', 'http_failure'] as const) tracker.count(kind, 3);
    expect(tracker.state).toBe('mostly_healthy');
    tracker.count('http_failure', 3);
    expect(tracker.state).toBe('unhealthy');
  });

  test('with successes switched off nothing resets the failures, as in Kong', () => {
    const tracker = new HealthTracker();
    tracker.count('http_failure', 2);
    tracker.count('success', 0);
    tracker.count('http_failure', 2);
    expect(tracker.available).toBe(false);
  });

  test('each kind of failure has its own counter', () => {
    const tracker = new HealthTracker();
    tracker.count('http_failure', 2);
    tracker.count('tcp_failure', 2);
    tracker.count('timeout', 2);
    expect(tracker.state).toBe('mostly_healthy');
  });
});

describe('the way back', () => {
  test('successes bring it back, over mostly_unhealthy', () => {
    const tracker = new HealthTracker();
    tracker.count('timeout', 1);
    tracker.count('success', 2);
    expect(tracker.state).toBe('mostly_unhealthy');
    expect(tracker.available).toBe(false);
    tracker.count('success', 2);
    expect(tracker.state).toBe('healthy');
  });

  test('tells whether it counted: a healthy peer is not troubled by successes', () => {
    const tracker = new HealthTracker();
    expect(tracker.count('success', 5)).toBe(false);
    expect(tracker.count('timeout', 0)).toBe(false);
    expect(tracker.count('timeout', 5)).toBe(true);
  });

  test('an operator forces it, and counting starts anew', () => {
    const tracker = new HealthTracker();
    tracker.count('timeout', 2);
    tracker.force(false);
    expect(tracker).toMatchObject({ state: 'unhealthy', timeouts: 0 });
    tracker.force(true);
    tracker.count('timeout', 2);
    expect(tracker.state).toBe('mostly_healthy');
  });

  test('another process continues where this one stands', () => {
    const here = new HealthTracker();
    here.count('tcp_failure', 3);
    here.count('tcp_failure', 3);
    const there = new HealthTracker();
    there.restore(here);
    there.count('tcp_failure', 3);
    expect(there.available).toBe(false);
  });
});
