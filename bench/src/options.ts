/** What `make bench` may be told. */
import { BenchError } from './errors.js';
import type { Settings } from './types.js';

export interface Options {
  readonly scenario: string;
  readonly settings: Settings;
  /** Names of contestants; null = all. */
  readonly only: readonly string[] | null;
  /** Where results go, relative to the repository; null = docs/bench for a full run, else an ignored folder. */
  readonly out: string | null;
}

export const defaults: Settings = { rounds: 7, secondsPerRound: 3, warmUpSeconds: 4, connections: 50 };

function whole(name: string, text: string | undefined, preset: number, from: number, to: number): number {
  if (text === undefined || text === '') return preset;
  const value = Number(text);
  if (!Number.isInteger(value) || value < from || value > to)
    throw new BenchError(`${name}: a whole number from ${from} to ${to}, not "${text}"`);
  return value;
}

/** Reads SCENARIO, ROUNDS, BENCH_SECONDS, WARM_UP, CONNECTIONS, ONLY (names, comma-separated) and OUT. Throws BenchError. */
export function parseOptions(env: Readonly<Record<string, string | undefined>>): Options {
  const only = (env['ONLY'] ?? '').split(',').map((name) => name.trim());
  return {
    scenario: env['SCENARIO'] || 'bare-proxy',
    settings: {
      rounds: whole('ROUNDS', env['ROUNDS'], defaults.rounds, 1, 1000),
      secondsPerRound: whole('SECONDS', env['BENCH_SECONDS'], defaults.secondsPerRound, 1, 3600),
      warmUpSeconds: whole('WARM_UP', env['WARM_UP'], defaults.warmUpSeconds, 1, 3600),
      connections: whole('CONNECTIONS', env['CONNECTIONS'], defaults.connections, 1, 1000),
    },
    only: only.some((name) => name !== '') ? only.filter((name) => name !== '') : null,
    out: env['OUT'] || null,
  };
}

/** A run that leaves somebody out or is shorter than usual does not replace the published figures. */
export function isFullRun(options: Options): boolean {
  const { rounds, secondsPerRound, connections } = options.settings;
  return (
    options.only === null &&
    rounds >= defaults.rounds &&
    secondsPerRound >= defaults.secondsPerRound &&
    connections === defaults.connections
  );
}
