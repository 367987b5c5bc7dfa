/** What a benchmark consists of. Scenarios are data: a new one needs no new code to start, check, measure or report it. */

/**
 * A program that the bench starts. Its files, command and environment may hold the placeholders `__PORT__` (its own), `__NAME_PORT__`
 * (of the backend NAME), `__DIR__` (its working directory), `__ROOT__`, `__PEERS__` (npm packages), `__PYTHON__` (wheels),
 * `__ARCH__`, `__NODE__`, `__REDIS_SERVER__` (the command), `__BODY__`, and what its `values` names.
 */
export interface Program {
  /** Lower-case, digits and dashes; unique within a scenario. */
  readonly name: string;
  /** As the table shows it. */
  readonly title: string;
  /** Rendered into the working directory before the start: file name there → template, a path below bench/. */
  readonly files?: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** Nothing else is in its environment but PATH: a proxy variable of the machine must not change what is measured. */
  readonly env?: Readonly<Record<string, string>>;
  /** More placeholders: `JWT_SECRET` → what `__JWT_SECRET__` stands for. */
  readonly values?: Readonly<Record<string, string>>;
  readonly version: VersionSource;
}

/** Where a program's version is read from. */
export type VersionSource =
  | { readonly command: readonly string[]; readonly pattern: string; readonly env?: Readonly<Record<string, string>> }
  | { readonly packageJson: string };

export interface Contestant extends Program {
  /** Ours: drawn in colour. Reference: not a product, only a measure. */
  readonly role: 'ours' | 'peer' | 'reference';
  /** Skipped without failing the run where this file (placeholders allowed) does not exist. */
  readonly onlyIf?: string;
  /** What differs from the scenario's exam. */
  readonly exam?: Partial<Exam>;
}

/** A question that must not be let through: asked once, before the measurement. */
export interface Refusal {
  /** Who is refused, for messages: `a request without a token`. */
  readonly who: string;
  /** Instead of the exam's. */
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
}

/** A header with another value in every request: the values in turn, from the first again after the last. */
export interface Cycle {
  readonly header: string;
  /** At least one; no line ends in them. */
  readonly values: readonly string[];
}

/** What the load generator asks and what every answer must be. */
export interface Exam {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Beside `headers`. */
  readonly cycle?: Cycle;
  readonly status: number;
  readonly refusals?: readonly Refusal[];
  /** Exact; the check before the measurement compares it byte by byte. */
  readonly body: string;
}

/** `subject` compared with `over`, by CPU per request or by the time to start: at most this. A bar is promised, an aim is hoped for. */
export interface Bar {
  readonly subject: string;
  readonly over: string;
  readonly atMost: number;
  /** `×`: so many times the CPU. `µs`: so many microseconds of CPU more. `ms`: so many milliseconds longer to start. */
  readonly unit: '×' | 'µs' | 'ms';
  readonly kind: 'bar' | 'aim';
}

export interface Scenario {
  /** Lower-case and dashes: names the result file. */
  readonly name: string;
  readonly title: string;
  readonly purpose: string;
  /** Started before the contestants, shared by all of them. The first is the service behind the proxies. */
  readonly backends: readonly Program[];
  readonly contestants: readonly Contestant[];
  readonly exam: Exam;
  readonly bars: readonly Bar[];
}

/** One measurement of one contestant. */
export interface Round {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Microseconds of CPU time (user and system, all processes of the contestant) per request. */
  readonly cpuMicros: number;
  /** The same for each backend. */
  readonly backendMicros: Readonly<Record<string, number>>;
  /** Connections that the contestant opened to the service meanwhile. */
  readonly serviceConnections: number;
  /** Processor cores that the rest of the machine used meanwhile. */
  readonly otherCores: number;
}

export interface Result {
  readonly name: string;
  readonly title: string;
  readonly version: string;
  readonly role: Contestant['role'];
  /** Milliseconds from its start until its port answered. */
  readonly startMs?: number;
  readonly rounds: readonly Round[];
  readonly median: { readonly requestsPerSecond: number; readonly p50Ms: number; readonly p99Ms: number; readonly cpuMicros: number };
}

export interface BarResult extends Bar {
  /** Null: one of the two was not measured. */
  readonly value: number | null;
  readonly met: boolean;
}

export interface Settings {
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly kernel: string;
  readonly node: string;
  readonly loadGenerator: string;
  /** Median over all rounds: cores that other programs of the machine used meanwhile. */
  readonly otherCores: number;
}

/** What is saved: docs/bench/SCENARIO.json. */
export interface Report {
  readonly scenario: string;
  readonly title: string;
  readonly purpose: string;
  readonly bodyBytes: number;
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
  readonly settings: Settings;
  readonly service: string;
  /** The backends beside the service, described. */
  readonly helpers?: readonly string[];
  readonly results: readonly Result[];
  readonly bars: readonly BarResult[];
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
}
