import { describe, expect, test } from '@jest/globals';
import type { Report, Result } from '../types.js';
import { addition, describeBar, judge, relation } from './bars.js';
import { page } from './markdown.js';
import { gridStep, plot } from './plot.js';
import { markdownTable, textTable } from './table.js';

function result(name: string, role: Result['role'], cpuMicros: number): Result {
  const figures = { requestsPerSecond: 12345, p50Ms: 1.5, p99Ms: 3, cpuMicros };
  const round = { ...figures, requests: 1000, backendMicros: {}, serviceConnections: 0, otherCores: 0 };
  return {
    name,
    title: name.toUpperCase(),
    version: '1.2.3',
    role,
    rounds: [round, { ...round, cpuMicros: cpuMicros * 3 }],
    median: figures,
  };
}

const results = [result('slow', 'peer', 100), result('mine', 'ours', 50), result('a<b', 'reference', 40)];

describe('judge', () => {
  const bar = { subject: 'mine', over: 'slow', unit: '×', kind: 'bar' } as const;

  test.each([
    [0.5, true],
    [0.49, false],
  ])('at most %d × is met: %s', (atMost, met) => {
    expect(judge([{ ...bar, atMost }], results)).toEqual([{ ...bar, atMost, value: 0.5, met }]);
  });

  test('compares within rounds, so that a slow minute does not count', () => {
    const rounds = (cpu: readonly number[]): Result['rounds'] => cpu.map((cpuMicros) => ({ ...results[0]!.rounds[0]!, cpuMicros }));
    expect(relation({ ...results[1]!, rounds: rounds([10, 40, 10]) }, { ...results[0]!, rounds: rounds([20, 80, 21]) })).toBe(0.5);
    expect(relation({ ...results[1]!, rounds: [] }, results[0]!)).toBeNaN();
  });

  test.each([
    [100, true],
    [99, false],
  ])('at most %d µs more is met: %s', (atMost, met) => {
    const [judged] = judge([{ subject: 'slow', over: 'mine', atMost, unit: 'µs', kind: 'bar' }], results);
    expect(judged).toMatchObject({ value: 100, met });
    expect(describeBar(judged!, (name) => name)).toBe(`slow: 100.0 µs more than mine (at most ${atMost} µs)`);
    expect(addition({ ...results[1]!, rounds: [] }, results[0]!)).toBeNaN();
  });

  test('what was not measured is not met', () => {
    const [judged] = judge([{ ...bar, over: 'absent', atMost: 1 }], results);
    expect(judged).toMatchObject({ value: null, met: false });
    expect(describeBar(judged!, (name) => name)).toContain('not measured');
  });
});

describe('tables', () => {
  test('the least CPU stands first, with its relation to ours', () => {
    const lines = textTable(results).split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['', 'A<B', 'MINE', 'SLOW']);
    expect(lines.map((line) => line.trim().split('  ').at(-1)?.trim())).toEqual(['of Gatehouse', '0.80 ×', '1.00 ×', '2.00 ×']);
  });

  test('a backend beside the service has a column of its own', () => {
    const rounds = [8, 10].map((redis) => ({ ...results[0]!.rounds[0]!, backendMicros: { upstream: 5, redis } }));
    const cells = textTable([{ ...results[0]!, rounds }])
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/).at(-1));
    expect(cells).toEqual(['redis µs', '9.0']);
  });

  test('Markdown has our rows in bold', () => {
    expect(markdownTable(results)).toContain('| **MINE** | **12,345** | **1.50** | **3.00** | **50.0** | **1.00 ×** |');
  });
});

const report: Report = {
  scenario: 'bare-proxy',
  title: 'Bare & proxy',
  purpose: 'Why.',
  bodyBytes: 1024,
  date: '2030-01-02T03:04:05.000Z',
  commit: 'abc',
  machine: { processor: 'P', cores: 2, memoryGiB: 4, system: 'S', kernel: '6', node: 'v24', loadGenerator: 'wrk', otherCores: 0.1 },
  settings: { rounds: 5, secondsPerRound: 4, warmUpSeconds: 4, connections: 50 },
  service: 'nginx',
  results,
  bars: judge([{ subject: 'mine', over: 'slow', atMost: 0.4, unit: '×', kind: 'bar' }], results),
  failures: ['X: broke\nwith details'],
};

test('the plot has a bar for each and escapes its text', () => {
  const svg = plot(report);
  expect(svg.match(/<rect /g)).toHaveLength(results.length + 1);
  expect(svg).toContain('A&lt;B 1.2.3 (reference)');
  expect(svg).toContain('Bare &amp; proxy');
  expect([gridStep(100), gridStep(7), gridStep(430)]).toEqual([50, 2, 200]);
});

test('the page names missed bars and failures', () => {
  const text = page([report]);
  expect(text).toContain('- ❌ MINE: 0.50 × of SLOW (at most 0.4 ×)');
  expect(text).toContain('- ❌ X: broke\n');
  expect(text).toContain('Measured 2030-01-02 03:04 UTC at commit abc.');
});
