/** One run of a scenario: start, check, warm up, measure, judge. */
import { check } from './check.js';
import { BenchError } from './errors.js';
import { commitOf, describeMachine } from './machine.js';
import { measureAll, type Setup } from './measure.js';
import type { Options } from './options.js';
import { portName } from './placeholders.js';
import { commonValues, isInstalled, type Places, type Running, start, type Values, versionOf } from './programs.js';
import { judge } from './report/bars.js';
import { median, round } from './stats.js';
import type { Contestant, Exam, Program, Report, Result, Round, Scenario } from './types.js';
import { runWrk } from './wrk.js';

/** What a run needs from outside. */
export interface Surroundings {
  readonly places: Places;
  readonly pid: number;
  /** ISO 8601. */
  readonly date: string;
  say(text: string): void;
  /** Every program that was started, so that an interrupted run can end them. */
  readonly started: Running[];
}

async function startBackends(scenario: Scenario, around: Surroundings, values: Values): Promise<[Running[], Values]> {
  const backends: Running[] = [];
  let known = values;
  for (const program of scenario.backends) {
    const running = await start(program, around.places, known);
    around.started.push(running);
    backends.push(running);
    known = { ...known, [portName(program.name)]: String(running.port) };
  }
  return [backends, known];
}

interface Field {
  readonly running: Running[];
  readonly failures: string[];
}

async function startContestants(contestants: readonly Contestant[], setup: Setup, around: Surroundings, values: Values): Promise<Field> {
  const field: Field = { running: [], failures: [] };
  for (const contestant of contestants) {
    try {
      const running = await start(contestant, around.places, values);
      around.started.push(running);
      const exam = setup.examOf(contestant.name);
      await check(running.port, exam);
      around.say(`  ${contestant.title}: answers rightly; warming up for ${setup.settings.warmUpSeconds} s`);
      const { connections, warmUpSeconds: seconds } = setup.settings;
      await runWrk({ port: running.port, exam, connections, seconds });
      field.running.push(running);
    } catch (error) {
      field.failures.push(`${contestant.title}: ${(error as Error).message}`);
      around.say(`  ${contestant.title}: FAILED: ${(error as Error).message}`);
    }
  }
  return field;
}

function resultOf(contestant: Contestant, rounds: readonly Round[], values: Values, startMs: number): Result {
  const middle = (pick: (each: Round) => number, decimals: number): number => round(median(rounds.map(pick)), decimals);
  return {
    name: contestant.name,
    title: contestant.title,
    version: versionOf(contestant.version, values),
    role: contestant.role,
    startMs,
    rounds,
    median: {
      requestsPerSecond: middle((each) => each.requestsPerSecond, 0),
      p50Ms: middle((each) => each.p50Ms, 3),
      p99Ms: middle((each) => each.p99Ms, 3),
      cpuMicros: middle((each) => each.cpuMicros, 2),
    },
  };
}

/** What a contestant is asked: the scenario's exam, with its own differences. */
export function examOf(scenario: Scenario, contestant: Contestant | undefined): Exam {
  return { ...scenario.exam, ...contestant?.exam };
}

function describe(program: Program | undefined, values: Values): string {
  return program ? `${program.title} (${versionOf(program.version, values)})` : '';
}

function pick(scenario: Scenario, options: Options, around: Surroundings, values: Values): Contestant[] {
  const unknown = options.only?.filter((name) => !scenario.contestants.some((each) => each.name === name)) ?? [];
  if (unknown.length > 0)
    throw new BenchError(`no contestant ${unknown.join(', ')}; there is: ${scenario.contestants.map((each) => each.name).join(', ')}`);
  return scenario.contestants.filter((each) => {
    if (options.only && !options.only.includes(each.name)) return false;
    if (isInstalled(each, values)) return true;
    around.say(`  ${each.title}: left out, there is no package of it for this machine`);
    return false;
  });
}

async function rounds(field: Field, setup: Setup, say: (text: string) => void): Promise<Map<string, Round[]>> {
  return measureAll(field.running, setup, {
    measured: (number, running, { cpuMicros, requestsPerSecond, p50Ms, p99Ms, otherCores }) => {
      const latency = `p50 ${p50Ms.toFixed(2)}  p99 ${p99Ms.toFixed(2)} ms`;
      const figures = `${cpuMicros.toFixed(1).padStart(6)} µs ${String(requestsPerSecond).padStart(6)}/s  ${latency}`;
      say(`  ${number}/${setup.settings.rounds} ${running.program.title.padEnd(30)} ${figures}  (others: ${otherCores.toFixed(2)} cores)`);
    },
    failed: (running, error) => {
      field.failures.push(`${running.program.title}: ${error.message}`);
      say(`  ${running.program.title}: FAILED: ${error.message}`);
    },
  });
}

/** Runs it. Programs that it started are left in `around.started`: the caller ends them. Rejects when a backend does not start. */
export async function run(scenario: Scenario, options: Options, around: Surroundings): Promise<Report> {
  const [backends, values] = await startBackends(scenario, around, commonValues(around.places, scenario.exam.body));
  const contestants = pick(scenario, options, around, values);
  const exams = new Map(contestants.map((each) => [each.name, examOf(scenario, each)]));
  const setup: Setup = {
    examOf: (name) => exams.get(name) ?? scenario.exam,
    settings: options.settings,
    backends,
    benchPid: around.pid,
  };
  const field = await startContestants(contestants, setup, around, values);
  const measured = await rounds(field, setup, around.say);
  const results = contestants.flatMap((each) => {
    const list = measured.get(each.name);
    const running = field.running.find(({ program }) => program.name === each.name);
    return list && running ? [resultOf(each, list, values, running.startMs)] : [];
  });
  const otherCores = median([...measured.values()].flat().map((each) => each.otherCores));
  return {
    scenario: scenario.name,
    title: scenario.title,
    purpose: scenario.purpose,
    bodyBytes: Buffer.byteLength(scenario.exam.body),
    date: around.date,
    commit: commitOf(around.places.root),
    machine: describeMachine(Number.isNaN(otherCores) ? 0 : round(otherCores, 2)),
    settings: options.settings,
    service: describe(scenario.backends[0], values),
    helpers: scenario.backends.slice(1).map((each) => describe(each, values)),
    results,
    bars: judge(scenario.bars, results),
    failures: field.failures,
  };
}
