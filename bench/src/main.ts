/** `make bench`. */
import path from 'node:path';
import { isFullRun, type Options, parseOptions } from './options.js';
import type { Running } from './programs.js';
import { describeBar } from './report/bars.js';
import { updateReadme } from './report/readme.js';
import { save } from './report/save.js';
import { textTable } from './report/table.js';
import { run, type Surroundings } from './run.js';
import { scenarioByName, scenarios } from './scenarios/index.js';
import type { Report, Scenario } from './types.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const colour = (code: number, text: string): string => (process.stdout.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text);

/** More than this used by others, and the figures are worth less. */
const busyCores = 0.3;

function printVerdict(report: Report, options: Options): void {
  const { rounds, connections } = report.settings;
  say(`\n${report.title}: medians of ${rounds} rounds, ${connections} connections\n\n${textTable(report.results)}\n`);
  const titleOf = (name: string): string => report.results.find((each) => each.name === name)?.title ?? name;
  for (const bar of report.bars) {
    if (bar.value === null && options.only) continue;
    const word = bar.met ? colour(32, 'PASS') : colour(31, bar.kind === 'aim' ? 'MISS (aim)' : 'MISS (bar)');
    say(`${word}  ${describeBar(bar, titleOf)}`);
  }
  const missed = report.bars.filter((bar) => !bar.met && bar.value !== null && bar.kind === 'bar').length;
  if (missed > 0) say(colour(31, `\n${missed} of the bars ${missed === 1 ? 'is' : 'are'} MISSED.`));
  const { otherCores, cores } = report.machine;
  if (otherCores > busyCores)
    say(colour(33, `The machine was busy with other things (${otherCores} of ${cores} cores): run it again when it is quiet.`));
  for (const failure of report.failures) say(colour(31, `FAILED  ${failure.split('\n')[0] ?? ''}`));
}

function announce(scenario: Scenario, options: Options): void {
  const { rounds, secondsPerRound, warmUpSeconds } = options.settings;
  const count = scenario.contestants.filter((each) => !options.only || options.only.includes(each.name)).length;
  const minutes = (count * (rounds * (secondsPerRound + 0.3) + warmUpSeconds + 1)) / 60;
  say(`${scenario.title}: ${count} contestants, ${rounds} rounds of ${secondsPerRound} s: about ${minutes.toFixed(1)} minutes`);
}

/** Ends what was started, together. */
async function stopAll(started: readonly Running[]): Promise<void> {
  await Promise.all(started.map((each) => each.stop(1000)));
}

async function main(): Promise<number> {
  const root = path.resolve(import.meta.dirname, '../..');
  const options = parseOptions(process.env);
  const scenario = scenarioByName(options.scenario);
  const places = { root, tools: path.join(root, '.tools/bench'), node: process.execPath, path: process.env['PATH'] ?? '' };
  const around: Surroundings = { places, pid: process.pid, date: new Date().toISOString(), say, started: [] };
  const interrupt = (): void => void stopAll(around.started).then(() => process.exit(130));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  announce(scenario, options);
  try {
    const report = await run(scenario, options, around);
    const out = path.resolve(root, options.out ?? (isFullRun(options) ? 'docs/bench' : '.tools/bench/results'));
    save(
      report,
      out,
      scenarios.map((each) => each.name),
    );
    if (out === path.join(root, 'docs/bench') && scenario === scenarios[0]) updateReadme(path.join(root, 'README.md'), report);
    printVerdict(report, options);
    say(`\nsaved: ${path.relative(process.cwd(), out) || '.'}/{${scenario.name}.json,${scenario.name}.svg,README.md}`);
    return report.failures.length > 0 ? 1 : 0;
  } finally {
    await stopAll(around.started);
  }
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
