import { describe, expect, test } from '@jest/globals';
import type { Report } from '../types.js';
import { withTable } from './readme.js';

const report = {
  purpose: 'A proxy.',
  date: '2026-01-02T03:04:05Z',
  results: [],
  machine: { processor: 'CPU', cores: 2, node: 'v24' },
} as unknown as Report;

describe('withTable', () => {
  test('replaces what stands between the marks, again and again', () => {
    const once = withTable('a\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nz\n', report);
    expect(once).toContain('A proxy. One worker each');
    expect(once).toContain('2026-01-02, CPU, 2 cores, Node v24');
    expect(once).not.toContain('old');
    expect(once.startsWith('a\n') && once.endsWith('<!-- bench:end -->\nz\n')).toBe(true);
    expect(withTable(once, report)).toBe(once);
  });

  test('leaves a page without marks alone', () => expect(withTable('nothing', report)).toBe('nothing'));
});
