/** Runs wrk, the load generator, and reads its report. https://github.com/wg/wrk */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BenchError } from './errors.js';
import type { Cycle, Exam } from './types.js';

export interface WrkReport {
  readonly requests: number;
  readonly seconds: number;
  readonly bytesRead: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Connections that failed or timed out. */
  readonly socketErrors: number;
  /** Answers with a status of 400 or more. */
  readonly refused: number;
}

export interface Load {
  readonly port: number;
  readonly exam: Exam;
  readonly connections: number;
  readonly seconds: number;
}

const milliseconds: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const bytes: Readonly<Record<string, number>> = { B: 1, KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };

function quantity(text: string, units: Readonly<Record<string, number>>): number {
  const match = /^([\d.]+)([A-Za-z]+)$/.exec(text);
  const unit = match ? units[match[2]!] : undefined;
  if (!match || unit === undefined) throw new BenchError(`wrk: cannot read "${text}"`);
  return Number(match[1]) * unit;
}

function find(output: string, pattern: RegExp): RegExpExecArray {
  const match = pattern.exec(output);
  if (!match) throw new BenchError(`wrk: no line like ${pattern.source} in its report:\n${output.slice(0, 2000)}`);
  return match;
}

/** Reads what `wrk --latency` prints. Throws BenchError when a figure is missing. */
export function parseWrk(output: string): WrkReport {
  const [, requests, seconds, read] = find(output, /(\d+) requests in ([\d.]+\w+), ([\d.]+\w+) read/);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output);
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(output);
  return {
    requests: Number(requests),
    seconds: quantity(seconds!, milliseconds) / 1000,
    bytesRead: quantity(read!, bytes),
    p50Ms: quantity(find(output, /50%\s+([\d.]+\w+)/)[1]!, milliseconds),
    p99Ms: quantity(find(output, /99%\s+([\d.]+\w+)/)[1]!, milliseconds),
    socketErrors: errors ? errors.slice(1).reduce((sum, n) => sum + Number(n), 0) : 0,
    refused: refused ? Number(refused[1]) : 0,
  };
}

/** Throws BenchError unless every answer counted was the one the exam wants. */
export function assertClean(report: WrkReport, exam: Exam): void {
  const wrong = exam.status >= 400 ? report.requests - report.refused : report.refused;
  if (report.requests === 0) throw new BenchError('not one request was answered');
  if (report.socketErrors > 0) throw new BenchError(`${report.socketErrors} connections failed or timed out`);
  if (wrong > 0) throw new BenchError(`${wrong} of ${report.requests} answers had another status than ${exam.status}`);
  if (report.bytesRead / report.requests < Buffer.byteLength(exam.body)) throw new BenchError('answers were shorter than the body');
}

const cycleScript = path.resolve(import.meta.dirname, '../wrk/cycle.lua');

/** Writes a turning header's values where wrk's script reads them: into a file of the directory, one a line. Gives its arguments. */
function cycleArguments(cycle: Cycle, directory: string): string[] {
  const file = path.join(directory, 'values');
  writeFileSync(file, `${cycle.values.join('\n')}\n`);
  return ['--', cycle.header, file];
}

/** Runs a command. Resolves with all that it printed, rejects with BenchError when it ended badly. */
function printedBy(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const read = (text: string): void => {
      output += text;
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', (cause) => reject(new BenchError(`${command} did not start`, { cause })));
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new BenchError(`${command} ended with ${code}: ${output.slice(0, 500)}`));
    });
  });
}

/** One thread, as many connections as asked, each sending its next request when the answer has come. Rejects with BenchError. */
export async function runWrk({ port, exam, connections, seconds }: Load): Promise<WrkReport> {
  const headers = Object.entries(exam.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '5s', '--latency', ...headers];
  const url = `http://127.0.0.1:${port}${exam.path}`;
  const directory = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-bench-'));
  try {
    const script = exam.cycle ? ['-s', cycleScript, url, ...cycleArguments(exam.cycle, directory)] : [url];
    const report = parseWrk(await printedBy('wrk', [...args, ...script]));
    assertClean(report, exam);
    return report;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
