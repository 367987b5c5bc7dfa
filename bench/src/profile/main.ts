/** `bench/profile.sh [CONTESTANT]`: a CPU profile of a Node contestant under the bench's own load. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { check } from '../check.js';
import { BenchError } from '../errors.js';
import { parseOptions } from '../options.js';
import { portName } from '../placeholders.js';
import { readProcesses, treeSeconds } from '../process-times.js';
import { commonValues, type Places, type Running, start } from '../programs.js';
import { examOf } from '../run.js';
import { scenarioByName } from '../scenarios/index.js';
import type { Contestant, Exam, Program, Scenario } from '../types.js';
import { runWrk } from '../wrk.js';
import { type Call, callTree, type FunctionTime, fileOf, functionTimes, parseProfile, timesBy } from './cpu-profile.js';
import { flameGraph } from './flame-graph.js';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const monotonicMicros = (): number => Number(process.hrtime.bigint() / 1000n);
const profileName = 'profile.cpuprofile';
/** The profiled process writes its profile when it ends. */
const endPatienceMs = 30_000;

interface Load {
  readonly requests: number;
  readonly from: number;
  readonly to: number;
  /** Microseconds per request by the kernel's count, all threads. */
  readonly cpuMicros: number;
}

/** The same program with V8's sampling profiler. Throws BenchError when it is no Node program. */
function profiled(program: Program, places: Places): Program {
  const flags = ['--cpu-prof', '--cpu-prof-dir=__DIR__', `--cpu-prof-name=${profileName}`, '--cpu-prof-interval=500'];
  const [first = '', ...rest] = program.command;
  if (first === '__ROOT__/bin/gatehouse') return { ...program, command: [places.node, ...flags, '__ROOT__/bin/cli.mjs', ...rest] };
  if (first === '__NODE__') return { ...program, command: [places.node, ...flags, ...rest] };
  throw new BenchError(`${program.title} is no Node program`);
}

async function underLoad(running: Running, exam: Exam, seconds: number, warmUpSeconds: number, connections: number): Promise<Load> {
  const load = { port: running.port, exam, connections };
  await check(running.port, exam);
  say(`${running.program.title}: warming up for ${warmUpSeconds} s, then profiling for ${seconds} s`);
  await runWrk({ ...load, seconds: warmUpSeconds });
  const before = treeSeconds(readProcesses(), running.pid);
  const from = monotonicMicros();
  const { requests } = await runWrk({ ...load, seconds });
  const to = monotonicMicros();
  const cpuMicros = ((treeSeconds(readProcesses(), running.pid) - before) * 1e6) / requests;
  return { requests, from, to, cpuMicros };
}

async function collect(scenario: Scenario, contestant: Contestant, places: Places): Promise<Load> {
  const started: Running[] = [];
  const { settings } = parseOptions(process.env);
  try {
    let values = commonValues(places, scenario.exam.body);
    for (const backend of scenario.backends) {
      const running = await start(backend, places, values);
      started.push(running);
      values = { ...values, [portName(backend.name)]: String(running.port) };
    }
    const running = await start(profiled(contestant, places), places, values);
    started.push(running);
    const exam = examOf(scenario, contestant);
    return await underLoad(running, exam, Math.max(settings.secondsPerRound, 8), settings.warmUpSeconds, settings.connections);
  } finally {
    await Promise.all(started.map((each) => each.stop(endPatienceMs)));
  }
}

function table(functions: readonly FunctionTime[], tree: Call, requests: number): string {
  const line = (each: FunctionTime): string => {
    const cells = [each.self / requests, each.total / requests, (100 * each.self) / tree.total].map((n) => n.toFixed(2).padStart(8));
    return `${cells.join('')}  ${each.name}  ${each.place}`;
  };
  return ['    self   total  self %  function (microseconds per request)', ...functions.slice(0, 40).map(line)].join('\n');
}

function sums(times: readonly [key: string, self: number][], tree: Call, requests: number): string {
  return times
    .slice(0, 25)
    .map(([key, self]) => `${(self / requests).toFixed(2).padStart(8)} µs ${((100 * self) / tree.total).toFixed(1).padStart(5)} %  ${key}`)
    .join('\n');
}

/** The product's own code, not of npm, Node or V8. */
const isOurs = (each: FunctionTime): boolean => /^(gateway|packages|plugins)\//.test(each.place);

async function main(): Promise<void> {
  const root = path.resolve(import.meta.dirname, '../../..');
  const scenario = scenarioByName(parseOptions(process.env).scenario);
  const name = process.argv[2] ?? 'gatehouse';
  const contestant = scenario.contestants.find((each) => each.name === name);
  if (!contestant) throw new BenchError(`no contestant "${name}"; there is: ${scenario.contestants.map((each) => each.name).join(', ')}`);
  const places = { root, tools: path.join(root, '.tools/bench'), node: process.execPath, path: process.env['PATH'] ?? '' };
  const load = await collect(scenario, contestant, places);
  const source = path.join(places.tools, 'run', name, profileName);
  const text = readFileSync(source, 'utf8');
  const tree = callTree(parseProfile(text), root, load.from, load.to);
  const functions = functionTimes(tree);
  const out = path.join(places.tools, 'profiles');
  mkdirSync(out, { recursive: true });
  const wall = (tree.total / load.requests).toFixed(1);
  const title = `${contestant.title}: per request ${wall} µs of its main thread, ${load.cpuMicros.toFixed(1)} µs of CPU in all threads`;
  writeFileSync(path.join(out, `${name}.svg`), flameGraph(tree, title, load.requests));
  writeFileSync(path.join(out, `${name}.cpuprofile`), text);
  say(`\n${title} (${load.requests} requests)`);
  say('The profiler goes by the clock: where all cores are busy, waiting for one is in its figures too.\n');
  say(`${table(functions, tree, load.requests)}\n`);
  say(
    `${sums(
      timesBy(functions, (each) => each.group),
      tree,
      load.requests,
    )}\n`,
  );
  say(`${sums(timesBy(functions.filter(isOurs), fileOf), tree, load.requests)}\n`);
  const relative = path.relative(process.cwd(), path.join(out, name));
  say(`flame graph: ${relative}.svg; for Chrome's DevTools: ${relative}.cpuprofile`);
}

await main().catch((error: unknown) => {
  process.stderr.write(`profile: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
