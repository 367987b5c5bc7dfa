/** Puts the first table into the project's README, between its two marks. */
import fs from 'node:fs';
import type { Report } from '../types.js';
import { markdownTable } from './table.js';

const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

/** The README's text with the report's table in its place; unchanged where the marks are missing. */
export function withTable(readme: string, report: Report): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) return readme;
  const { machine } = report;
  const where = `${machine.processor}, ${machine.cores} cores, Node ${machine.node}`;
  const text = `${report.purpose} One worker each, 50 connections; \`make bench\`, ${report.date.slice(0, 10)}, ${where}. Bars and method: [docs/bench](docs/bench/README.md).`;
  return `${readme.slice(0, begin)}${BEGIN}\n${markdownTable(report.results)}\n\n${text}\n${readme.slice(end)}`;
}

/** Rewrites the file in place. */
export function updateReadme(file: string, report: Report): void {
  fs.writeFileSync(file, withTable(fs.readFileSync(file, 'utf8'), report));
}
