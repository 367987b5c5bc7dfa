/** The results as rows of text, for the terminal and for Markdown. */
import type { Result } from '../types.js';
import { relation } from './bars.js';

export const columns = ['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs/request', 'of Gatehouse'] as const;

/** The least CPU first. */
export function byCpu(results: readonly Result[]): Result[] {
  return [...results].sort((a, b) => a.median.cpuMicros - b.median.cpuMicros);
}

/** The first of our own contestants: what the others are compared with. */
export function baseline(results: readonly Result[]): Result | undefined {
  return results.find((each) => each.role === 'ours');
}

/** `Envoy 1.40.0`; our own without a version, because the commit says it better. */
export function label(result: Result): string {
  if (result.role === 'ours') return result.title;
  return `${result.title} ${result.version}${result.role === 'reference' ? ' (reference)' : ''}`;
}

/** One row per result, cells in the order of `columns`. */
export function rows(results: readonly Result[]): string[][] {
  const ours = baseline(results);
  return byCpu(results).map((result) => {
    const { requestsPerSecond, p50Ms, p99Ms, cpuMicros } = result.median;
    const times = ours ? `${relation(result, ours).toFixed(2)} ×` : '';
    return [label(result), requestsPerSecond.toLocaleString('en-US'), p50Ms.toFixed(2), p99Ms.toFixed(2), cpuMicros.toFixed(1), times];
  });
}

/** Columns padded to the same width, numbers to the right. */
export function textTable(results: readonly Result[]): string {
  const lines = [[...columns], ...rows(results)];
  const widths = columns.map((_column, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const pad = (cell: string, index: number): string => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0));
  return lines.map((line) => line.map(pad).join('  ')).join('\n');
}

/** The same as GitHub's Markdown, our own rows in bold. */
export function markdownTable(results: readonly Result[]): string {
  const ours = new Set(results.filter((each) => each.role === 'ours').map((each) => each.title));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const body = rows(results).map((cells) => line(ours.has(cells[0] ?? '') ? cells.map((cell) => `**${cell}**`) : cells));
  return [line(columns), line(columns.map((_column, index) => (index === 0 ? '---' : '--:'))), ...body].join('\n');
}
