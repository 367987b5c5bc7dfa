/** `bench/profile.sh [CONTESTANT]`: a CPU profile of a Node contestant under the bench's own load. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { check } from '../check.js';
import { BenchError } from '../errors.js';
import { parseOptions } from '../options.js';
import { portName } from '../placeholders.js';
import { readProcesses, treeSeconds } from '../process-times.js';
import { commonValues, type Places, type Running, start, type Values } from '../programs.js';
import { examOf } from '../run.js';
import { scenarioByName } from '../scenarios/index.js';
import type { Contestant, Exam, Program, Scenario } from '../types.js';
import { runWrk } from '../wrk.js';
import { allocationTree, type HeapNode } from './allocations.js';
import { type Call, callTree, type FunctionTime, fileOf, functionTimes, parseProfile, timesBy } from './cpu-profile.js';
import { flameGraph } from './flame-graph.js';
import { Inspector } from './inspector.js';
import { canTrace, type SyscallCount, traceSyscalls } from './syscalls.js';

const printed: string[] = [];
const say = (text: string): void => {
  printed.push(text);
  process.stdout.write(`${text}\n`);
};
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

/** What was allocated in so many requests. */
interface Allocated {
  readonly requests: number;
  readonly head: HeapNode;
}

interface Traced {
  readonly requests: number;
  readonly calls: readonly SyscallCount[];
}

interface Collected {
  readonly load: Load;
  readonly allocated: Allocated;
  /** Null without strace. */
  readonly traced: Traced | null;
}

const SYSCALL_SECONDS = 3;

/** The same program with V8's sampling profiler. Throws BenchError when it is no Node program. */
function profiled(program: Program, places: Places): Program {
  const flags = [
    '--inspect=127.0.0.1:0',
    '--cpu-prof',
    '--cpu-prof-dir=__DIR__',
    `--cpu-prof-name=${profileName}`,
    '--cpu-prof-interval=500',
  ];
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

async function allocations(running: Running, exam: Exam, connections: number, seconds: number, log: string): Promise<Allocated> {
  say(`allocations for ${seconds} s`);
  const inspector = await Inspector.open(log);
  await inspector.startAllocations();
  const { requests } = await runWrk({ port: running.port, exam, connections, seconds });
  const head = await inspector.stopAllocations();
  inspector.close();
  return { requests, head };
}

/** Of the program as it is, without a profiler. */
async function syscalls(program: Program, places: Places, values: Values, exam: Exam, connections: number): Promise<Traced | null> {
  if (!canTrace()) {
    say('there is no strace: no system calls');
    return null;
  }
  say(`system calls for ${SYSCALL_SECONDS} s`);
  const running = await start(program, places, values);
  try {
    const load = { port: running.port, exam, connections };
    await runWrk({ ...load, seconds: 1 });
    const trace = await traceSyscalls(running.pid, path.join(places.tools, 'run', program.name, 'strace.txt'));
    const { requests } = await runWrk({ ...load, seconds: SYSCALL_SECONDS });
    return { requests, calls: await trace.stop() };
  } finally {
    await running.stop(endPatienceMs);
  }
}

async function collect(scenario: Scenario, contestant: Contestant, places: Places): Promise<Collected> {
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
    const seconds = Math.max(settings.secondsPerRound, 8);
    const load = await underLoad(running, exam, seconds, settings.warmUpSeconds, settings.connections);
    const log = path.join(places.tools, 'run', contestant.name, 'output.log');
    const allocated = await allocations(running, exam, settings.connections, seconds, log);
    await running.stop(endPatienceMs);
    const profile = path.join(places.tools, 'run', contestant.name, profileName);
    const kept = readFileSync(profile);
    const traced = await syscalls(contestant, places, values, exam, settings.connections);
    writeFileSync(profile, kept);
    return { load, allocated, traced };
  } finally {
    await Promise.all(started.map((each) => each.stop(endPatienceMs)));
  }
}

function table(functions: readonly FunctionTime[], tree: Call, requests: number, unit: string): string {
  const line = (each: FunctionTime): string => {
    const cells = [each.self / requests, each.total / requests, (100 * each.self) / tree.total].map((n) => n.toFixed(2).padStart(8));
    return `${cells.join('')}  ${each.name}  ${each.place}`;
  };
  return [`    self   total  self %  function (${unit} per request)`, ...functions.slice(0, 40).map(line)].join('\n');
}

function sums(times: readonly [key: string, self: number][], tree: Call, requests: number, unit: string): string {
  return times
    .slice(0, 25)
    .map(
      ([key, self]) =>
        `${(self / requests).toFixed(2).padStart(8)} ${unit} ${((100 * self) / tree.total).toFixed(1).padStart(5)} %  ${key}`,
    )
    .join('\n');
}

/** The product's own code, not of npm, Node or V8. */
const isOurs = (each: FunctionTime): boolean => /^(gateway|packages|plugins)\//.test(each.place);

function sayTimes(tree: Call, requests: number, unit: string): void {
  const functions = functionTimes(tree);
  say(`${table(functions, tree, requests, unit)}\n`);
  const groups = timesBy(functions, (each) => each.group);
  say(`${sums(groups, tree, requests, unit)}\n`);
  say(`${sums(timesBy(functions.filter(isOurs), fileOf), tree, requests, unit)}\n`);
}

function saySyscalls({ calls, requests }: Traced): void {
  say(`System calls of all threads, per request (${requests} requests; more than 0.001):\n`);
  for (const { name, calls: count, errors } of calls.filter((each) => each.calls / requests > 0.001)) {
    const failed = errors > 0 ? `  of them ${(errors / requests).toFixed(3)} with an error (such as "nothing there yet")` : '';
    say(`${(count / requests).toFixed(3).padStart(8)}  ${name}${failed}`);
  }
}

async function main(): Promise<void> {
  const root = path.resolve(import.meta.dirname, '../../..');
  const options = parseOptions(process.env);
  const scenario = scenarioByName(options.scenario);
  const name = process.argv[2] ?? 'gatehouse';
  const contestant = scenario.contestants.find((each) => each.name === name);
  if (!contestant) throw new BenchError(`no contestant "${name}"; there is: ${scenario.contestants.map((each) => each.name).join(', ')}`);
  const places = { root, tools: path.join(root, '.tools/bench'), node: process.execPath, path: process.env['PATH'] ?? '' };
  const { load, allocated, traced } = await collect(scenario, contestant, places);
  const text = readFileSync(path.join(places.tools, 'run', name, profileName), 'utf8');
  const tree = callTree(parseProfile(text), root, load.from, load.to);
  const heap = allocationTree(allocated.head, root);
  const out = path.resolve(root, options.out ?? path.join(places.tools, 'profiles'));
  mkdirSync(out, { recursive: true });
  const wall = (tree.total / load.requests).toFixed(1);
  const title = `${contestant.title}: per request ${wall} µs of its main thread, ${load.cpuMicros.toFixed(1)} µs of CPU in all threads`;
  const heapTitle = `${contestant.title}: ${(heap.total / allocated.requests).toFixed(0)} bytes of V8's heap allocated per request`;
  printed.length = 0;
  say(`\n${title} (${load.requests} requests)`);
  say('The profiler goes by the clock: where all cores are busy, waiting for one is in its figures too.\n');
  sayTimes(tree, load.requests, 'µs');
  say(`${heapTitle} (${allocated.requests} requests)\n`);
  sayTimes(heap, allocated.requests, 'bytes');
  if (traced) saySyscalls(traced);
  const base = path.join(out, `profile-${name}`);
  writeFileSync(`${base}.svg`, flameGraph(tree, title, load.requests));
  writeFileSync(`${base}-allocations.svg`, flameGraph(heap, heapTitle, allocated.requests, 'bytes'));
  writeFileSync(`${base}.txt`, `${printed.join('\n').trim()}\n`);
  if (!options.out) writeFileSync(`${base}.cpuprofile`, text);
  const relative = path.relative(process.cwd(), base);
  say(`\nwritten: ${relative}{.svg,-allocations.svg,.txt${options.out ? '' : ",.cpuprofile for Chrome's DevTools"}}`);
}

await main().catch((error: unknown) => {
  process.stderr.write(`profile: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
