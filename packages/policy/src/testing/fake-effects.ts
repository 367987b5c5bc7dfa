import { createHash } from 'node:crypto';
import { type BaseEffects, type Lease, type LogLevel, type MetricSpec, type Metrics, SecretError } from '../effects.js';
import { ManualClock } from './manual-clock.js';

/** Base effects under a test's control: what was logged and counted can be read, time moves by hand, chance is a counter. */
export interface FakeEffects extends BaseEffects {
  readonly clock: ManualClock;
  readonly lines: { level: LogLevel; message: string; fields?: Readonly<Record<string, unknown>> }[];
  /** `name{a,b}` → sum of a counter, last value of a gauge, count of a histogram. */
  readonly values: Map<string, number>;
  /** What `secrets` knows, by reference. */
  readonly vault: Map<string, string>;
}

function fakeMetrics(values: Map<string, number>): Metrics {
  const key = (spec: MetricSpec, labels: readonly string[]): string => `${spec.name}{${labels.join(',')}}`;
  const add = (spec: MetricSpec, labels: readonly string[], by: number): void => {
    values.set(key(spec, labels), (values.get(key(spec, labels)) ?? 0) + by);
  };
  return {
    counter: (spec) => ({
      add: (labels, by = 1) => add(spec, labels, by),
      with: (labels) => ({ add: (by = 1) => add(spec, labels, by) }),
    }),
    gauge: (spec) => ({
      set: (labels, value) => void values.set(key(spec, labels), value),
      remove: (labels) => void values.delete(key(spec, labels)),
    }),
    histogram: (spec) => ({
      observe: (labels) => add(spec, labels, 1),
      with: (labels) => ({ observe: () => add(spec, labels, 1) }),
    }),
  };
}

function fakeShared(): BaseEffects['shared'] {
  const kept = new Map<string, { close?(): void }>();
  return {
    acquire<T extends { close?(): void }>(key: string, create: () => T): Lease<T> {
      const value = kept.get(key) ?? create();
      kept.set(key, value);
      return { value: value as T, release: () => undefined };
    },
  };
}

/** @param secrets reference → value */
export function fakeEffects(secrets: Readonly<Record<string, string>> = {}): FakeEffects {
  const clock = new ManualClock();
  const lines: FakeEffects['lines'] = [];
  const values = new Map<string, number>();
  const vault = new Map(Object.entries(secrets));
  let drawn = 0;
  return {
    clock,
    lines,
    values,
    vault,
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after: (ms, run) => clock.after(ms, run),
    cancel: (handle) => clock.cancel(handle),
    log: (level, message, fields) => void lines.push({ level, message, ...(fields ? { fields } : {}) }),
    random: { bytes: (length) => createHash('shake256', { outputLength: length }).update(String(drawn++)).digest() },
    secrets: {
      read: (reference) => {
        const value = vault.get(reference);
        if (value === undefined) throw new SecretError(reference, 'is not set');
        return value;
      },
    },
    metrics: fakeMetrics(values),
    shared: fakeShared(),
  };
}
