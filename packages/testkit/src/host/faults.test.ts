import { describe, expect, test } from '@jest/globals';
import { Faults, faultSchema } from './faults.js';

const armed = (...faults: object[]): Faults => {
  const all = new Faults();
  for (const fault of faults) all.add(faultSchema.parse(fault));
  return all;
};

describe('faults', () => {
  test('hit by exact path, by prefix, by method and by target', () => {
    const faults = armed(
      { path: '/a', status: 500 },
      { path: '/b/*', status: 501 },
      { method: 'put', status: 502 },
      { port: 7, status: 504 },
    );
    expect(faults.take('GET', '/a', 1)?.status).toBe(500);
    expect(faults.take('GET', '/a/x', 1)).toBeUndefined();
    expect(faults.take('GET', '/b/x', 1)?.status).toBe(501);
    expect(faults.take('PUT', '/c', 1)?.status).toBe(502);
    expect(faults.take('GET', '/c', 7)?.status).toBe(504);
  });

  test('the one set last wins, and is spent after its times', () => {
    const faults = armed({ status: 500 }, { status: 503, times: 2 });
    const hits = [1, 2, 3].map(() => faults.take('GET', '/', 1)?.status);
    expect(hits).toEqual([503, 503, 500]);
    expect(faults.list()).toHaveLength(1);
  });

  test('down concerns the listener of one target or of all', () => {
    const faults = armed({ down: true, port: 7 });
    expect([faults.isDown(7), faults.isDown(8)]).toEqual([true, false]);
    expect(faults.take('GET', '/', 7)).toBeUndefined();
    faults.clear();
    expect(faults.isDown(7)).toBe(false);
  });

  test('are bounded in number and refused when they make no sense', () => {
    const faults = armed(...Array.from({ length: 150 }, (_, i) => ({ path: `/${i}`, status: 500 })));
    expect(faults.list()).toHaveLength(100);
    expect(faults.take('GET', '/0', 1)).toBeUndefined();
    for (const bad of [{ status: 99 }, { delayMs: -1 }, { x: 1 }, { down: true, times: 2 }, { times: 0 }]) {
      expect(faultSchema.safeParse(bad).success).toBe(false);
    }
  });
});
