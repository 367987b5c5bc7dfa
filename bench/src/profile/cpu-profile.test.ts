import { describe, expect, test } from '@jest/globals';
import { type CpuProfile, callTree, fileOf, functionTimes, groupOf, parseProfile, timesBy } from './cpu-profile.js';
import { flameGraph } from './flame-graph.js';

const node = (id: number, functionName: string, url: string, children: number[] = []) => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
  children,
});

/** work → helper → work (again); and idle. Samples of 100 µs each but the last, whose end is unknown. */
const profile: CpuProfile = {
  nodes: [
    node(1, '(root)', '', [2, 5]),
    node(2, 'work', 'file:///repo/gateway/dist/a.js', [3]),
    node(3, 'helper', 'file:///repo/node_modules/@scope/lib/index.js', [4]),
    node(4, 'work', 'file:///repo/gateway/dist/a.js'),
    node(5, '(idle)', ''),
  ],
  startTime: 1000,
  samples: [2, 3, 4, 5, 2],
  timeDeltas: [0, 100, 100, 100, 100],
};

describe('callTree', () => {
  test('gives each function the time until the next sample, and leaves idle time out', () => {
    const tree = callTree(profile, '/repo');
    expect(tree.total).toBe(300);
    expect(tree.calls).toHaveLength(1);
    expect(tree.calls[0]).toMatchObject({ name: 'work', place: 'gateway/dist/a.js:10', group: 'gateway', self: 100, total: 300 });
    expect(tree.calls[0]?.calls[0]).toMatchObject({
      place: 'node_modules/@scope/lib/index.js:10',
      group: '@scope/lib',
      self: 100,
      total: 200,
    });
  });

  test('keeps to the time of the load', () => {
    expect(callTree(profile, '/repo', 1100, 1200).total).toBe(200);
    expect(() => callTree(profile, '/repo', 5000, 6000)).toThrow(/no sample/);
  });
});

test('a function that calls itself counts once in its total', () => {
  const functions = functionTimes(callTree(profile, '/repo'));
  expect(functions.find((each) => each.name === 'work')).toMatchObject({ self: 200, total: 300 });
  expect(timesBy(functions, (each) => each.group)).toEqual([
    ['gateway', 200],
    ['@scope/lib', 100],
    ['V8 and native', 0],
  ]);
  expect(timesBy(functions, fileOf)[0]).toEqual(['gateway/dist/a.js', 200]);
});

test.each([
  ['', 'V8 and native'],
  ['node:_http_server', 'Node'],
  ['wasm://wasm/00034eea:1', 'WebAssembly'],
  ['packages/kong-config/dist/a.js:1', 'packages/kong-config'],
  ['node_modules/undici/lib/a.js:1', 'undici'],
])('%j belongs to %s', (place, group) => {
  expect(groupOf(place)).toBe(group);
});

test('refuses another kind of file', () => {
  expect(() => parseProfile('{"nodes":[]}')).toThrow(/not a CPU profile/);
});

test('the flame graph has a box per function on a path', () => {
  const svg = flameGraph(callTree(profile, '/repo'), 'a < b', 100);
  expect(svg.match(/<g>/g)).toHaveLength(4);
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('work gateway/dist/a.js:10\n3.00 µs per request (100.0 %) with what it calls, 1.00 µs per request (33.3 %) itself');
});
