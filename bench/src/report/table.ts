/** The results as rows of text, for the terminal and for Markdown. */
import { median } from '../stats.js';
import type { Result } from '../types.js';
import { relation } from './bars.js';

const columns = ['', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs/request', 'of Gatehouse'] as const;

/** The backends that contestants work with beside the service, which comes first. */
function helpersOf(results: readonly Result[]): string[] {
  return Object.keys(results[0]?.rounds[0]?.backendMicros ?? {}).slice(1);
}

/** The heads of the table's columns: those of every scenario, then the CPU time per request of each backend beside the service. */
export function columnsOf(results: readonly Result[]): string[] {
  return [...columns, ...helpersOf(results).map((name) => `${name} µs`)];
}

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

/** One row per result, cells in the order of `columnsOf`. */
export function rows(results: readonly Result[]): string[][] {
  const ours = baseline(results);
  const helpers = helpersOf(results);
  return byCpu(results).map((result) => {
    const { requestsPerSecond, p50Ms, p99Ms, cpuMicros } = result.median;
    const times = ours ? `${relation(result, ours).toFixed(2)} ×` : '';
    const usual = [
      label(result),
      requestsPerSecond.toLocaleString('en-US'),
      p50Ms.toFixed(2),
      p99Ms.toFixed(2),
      cpuMicros.toFixed(1),
      times,
    ];
    return [...usual, ...helpers.map((name) => median(result.rounds.map((each) => each.backendMicros[name] ?? 0)).toFixed(1))];
  });
}

/** Columns padded to the same width, numbers to the right. */
export function textTable(results: readonly Result[]): string {
  const lines = [columnsOf(results), ...rows(results)];
  const widths = columnsOf(results).map((_column, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const pad = (cell: string, index: number): string => (index === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[index] ?? 0));
  return lines.map((line) => line.map(pad).join('  ')).join('\n');
}

/** The same as GitHub's Markdown, our own rows in bold. */
export function markdownTable(results: readonly Result[]): string {
  const ours = new Set(results.filter((each) => each.role === 'ours').map((each) => each.title));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const body = rows(results).map((cells) => line(ours.has(cells[0] ?? '') ? cells.map((cell) => `**${cell}**`) : cells));
  const heads = columnsOf(results);
  return [line(heads), line(heads.map((_column, index) => (index === 0 ? '---' : '--:'))), ...body].join('\n');
}
