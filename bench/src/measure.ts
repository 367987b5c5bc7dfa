/** Runs the rounds of a scenario: every contestant in each round, one after the other, under the same load. */
import { serviceConnections } from './check.js';
import { BenchError } from './errors.js';
import { busySeconds, readProcesses, treeSeconds } from './process-times.js';
import type { Running } from './programs.js';
import { orderOf, round } from './stats.js';
import type { Exam, Round, Settings } from './types.js';
import { runWrk } from './wrk.js';

/**
 * More connections to the service than this share of the requests means that they are not kept open. As many as there are clients may be
 * opened in any case: a pool grows when requests come at once.
 */
const connectionsPerRequest = 0.01;

export interface Setup {
  /** What a contestant is asked. */
  examOf(contestant: string): Exam;
  readonly settings: Settings;
  readonly backends: readonly Running[];
  /** This process: its own time, and the load generator's, is not the time of others. */
  readonly benchPid: number;
}

interface Snapshot {
  readonly contestant: number;
  readonly backends: readonly number[];
  readonly bench: number;
  readonly busy: number;
  readonly wall: number;
}

function snapshot(running: Running, setup: Setup): Snapshot {
  const processes = readProcesses();
  return {
    contestant: treeSeconds(processes, running.pid),
    backends: setup.backends.map((backend) => treeSeconds(processes, backend.pid)),
    bench: treeSeconds(processes, setup.benchPid),
    busy: busySeconds(),
    wall: performance.now() / 1000,
  };
}

/** Measures one contestant once. Rejects with BenchError when an answer was wrong or connections to the service were not reused. */
export async function measureOnce(running: Running, setup: Setup): Promise<Round> {
  const service = setup.backends[0];
  if (!service) throw new BenchError('the scenario has no service');
  const { connections, secondsPerRound: seconds } = setup.settings;
  const exam = setup.examOf(running.program.name);
  const opened = await serviceConnections(service.port, exam);
  const before = snapshot(running, setup);
  const report = await runWrk({ port: running.port, exam, connections, seconds });
  const after = snapshot(running, setup);
  const serviceConnectionsOpened = (await serviceConnections(service.port, exam)) - opened - 1;
  if (serviceConnectionsOpened > Math.max(connections, report.requests * connectionsPerRequest)) {
    throw new BenchError(`opened ${serviceConnectionsOpened} connections to the service for ${report.requests} requests`);
  }
  const micros = (from: number, to: number): number => round(((to - from) * 1e6) / report.requests, 2);
  return {
    requests: report.requests,
    requestsPerSecond: round(report.requests / report.seconds, 0),
    p50Ms: round(report.p50Ms, 3),
    p99Ms: round(report.p99Ms, 3),
    cpuMicros: micros(before.contestant, after.contestant),
    backendMicros: Object.fromEntries(
      setup.backends.map((backend, index) => [backend.program.name, micros(before.backends[index] ?? 0, after.backends[index] ?? 0)]),
    ),
    serviceConnections: serviceConnectionsOpened,
    otherCores: round(Math.max(0, (after.busy - before.busy - (after.bench - before.bench)) / (after.wall - before.wall)), 2),
  };
}

export interface Progress {
  measured(roundNumber: number, running: Running, result: Round): void;
  failed(running: Running, error: Error): void;
}

/** Rounds of all contestants by name. One that fails is reported and takes no further part. */
export async function measureAll(contestants: readonly Running[], setup: Setup, progress: Progress): Promise<Map<string, Round[]>> {
  const rounds = new Map(contestants.map((each) => [each.program.name, [] as Round[]]));
  for (let number = 0; number < setup.settings.rounds; number++) {
    for (const running of orderOf(contestants, number)) {
      const list = rounds.get(running.program.name);
      if (!list) continue;
      try {
        const result = await measureOnce(running, setup);
        list.push(result);
        progress.measured(number + 1, running, result);
      } catch (error) {
        rounds.delete(running.program.name);
        progress.failed(running, error as Error);
      }
    }
  }
  return rounds;
}
