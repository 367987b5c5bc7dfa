import { describe, expect, test } from '@jest/globals';
import { parseBusySeconds, parseStat, treeSeconds } from './process-times.js';

const stat = (pid: number, name: string, parent: number, times: readonly number[]): string =>
  `${pid} (${name}) S ${parent} 1 1 0 -1 4194304 100 0 0 0 ${times.join(' ')} 20 0 11 0 12345 0 0`;

describe('parseStat', () => {
  test('reads times in seconds', () => {
    expect(parseStat(stat(42, 'node', 7, [150, 50, 3, 4]))).toEqual({ pid: 42, parent: 7, own: 2, reaped: 0.07 });
  });

  test('is not misled by a name with spaces and parentheses', () => {
    expect(parseStat(stat(42, 'a) R 1 (b', 7, [100, 0, 0, 0]))).toMatchObject({ parent: 7, own: 1 });
  });

  test('refuses anything else', () => {
    expect(() => parseStat('')).toThrow(/cannot read/);
  });
});

describe('treeSeconds', () => {
  const processes = [
    { pid: 1, parent: 0, own: 100, reaped: 100 },
    { pid: 2, parent: 1, own: 1, reaped: 0.5 },
    { pid: 3, parent: 2, own: 2, reaped: 0 },
    { pid: 4, parent: 3, own: 4, reaped: 0 },
    { pid: 5, parent: 1, own: 50, reaped: 0 },
  ];

  test('sums a process, all below it and what has ended, and nothing beside it', () => {
    expect(treeSeconds(processes, 2)).toBe(7.5);
  });

  test('refuses a process that is gone', () => {
    expect(() => treeSeconds(processes, 99)).toThrow(/99 is gone/);
  });
});

test('busy time leaves out idle, waiting for disks, stolen and guest time', () => {
  expect(parseBusySeconds('cpu  100 200 300 9999 8888 40 60 7777 100 0\ncpu0 1 1 1\n')).toBe(7);
});
