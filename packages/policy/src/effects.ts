/** What policies may do to the world, as small ports. A policy's own effects extend the ones that it uses. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type Log = (level: LogLevel, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Milliseconds with fractions that never go back, for measuring. */
  monotonic(): number;
}

/** A timer that was set; give it back to `cancel`. */
export type TimerHandle = { readonly timer: unique symbol } | object;

/** Timers never keep the process alive. */
export interface Timers {
  after(ms: number, run: () => void): TimerHandle;
  cancel(handle: TimerHandle): void;
}

export interface Random {
  /** Cryptographically strong. */
  bytes(length: number): Uint8Array;
}

/** Values that never stand in a configuration. */
export interface Secrets {
  /**
   * @param reference `env:NAME` or `file:/path`; read again at every call
   * @throws SecretError when it is missing or empty
   */
  read(reference: string): string;
}

/** A secret could not be read. The message has the reference, never the value. */
export class SecretError extends Error {
  readonly code = 'SECRET_MISSING';
  constructor(
    readonly reference: string,
    why: string,
  ) {
    super(`secret ${reference}: ${why}`);
    this.name = 'SecretError';
  }
}

/** A metric's name, meaning and label names. Labels are bounded: a route's name, never a path. */
export interface MetricSpec {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export interface Counter {
  add(labels: readonly string[], by?: number): void;
  /** One series, looked up once: for what is counted with every request. */
  with(labels: readonly string[]): { add(by?: number): void };
}

export interface Gauge {
  set(labels: readonly string[], value: number): void;
  /** Forgets a series. */
  remove(labels: readonly string[]): void;
}

/** How the values of several processes become one. */
export type Across = 'sum' | 'max' | 'min';

export interface Histogram {
  observe(labels: readonly string[], value: number): void;
  with(labels: readonly string[]): { observe(value: number): void };
}

/** Label values stand in the order of the spec's labels. Registering a name twice gives the same metric. */
export interface Metrics {
  counter(spec: MetricSpec): Counter;
  /** `across`: default sum. */
  gauge(spec: MetricSpec & { readonly across?: Across }): Gauge;
  /** `buckets`: upper bounds, rising. */
  histogram(spec: MetricSpec & { readonly buckets: readonly number[] }): Histogram;
}

/**
 * State of the process, by key, shared by all instances of a policy: Kong drops instances without a word and runs one per
 * configuration, so nothing that must last may live in one. The value is closed some time after the last lease ended.
 */
export interface Shared {
  /** @param key starts with the policy's name; two configurations that must not share differ in it */
  acquire<T extends { close?(): void }>(key: string, create: () => T): Lease<T>;
}

export interface Lease<T> {
  readonly value: T;
  release(): void;
}

/** What every runtime offers. */
export interface BaseEffects extends Clock, Timers {
  readonly log: Log;
  readonly random: Random;
  readonly secrets: Secrets;
  readonly metrics: Metrics;
  readonly shared: Shared;
}
