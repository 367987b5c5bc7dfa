import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Report } from '../types.js';
import { page } from './markdown.js';
import { plot } from './plot.js';

/** Reports that an earlier version of the bench saved say less: they are left out until they are measured anew. */
const isCurrent = (report: Report): boolean => report.bars.every((bar) => bar.unit !== undefined && bar.value !== undefined);

/** Writes SCENARIO.json and SCENARIO.svg, and README.md anew from the reports of all `scenarios` that are saved there. */
export function save(report: Report, directory: string, scenarios: readonly string[]): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, `${report.scenario}.json`), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(path.join(directory, `${report.scenario}.svg`), plot(report));
  const saved = scenarios.map((name) => path.join(directory, `${name}.json`)).filter((file) => existsSync(file));
  const reports = saved.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Report);
  writeFileSync(path.join(directory, 'README.md'), page(reports.filter(isCurrent)));
}
