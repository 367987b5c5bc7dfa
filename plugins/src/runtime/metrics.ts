/** The policies' metrics port on prom-client: one registry, series bounded in number whatever labels come. */
import type { MetricSpec, Metrics } from '@gatehouse/policy';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Label combinations of one metric beyond which new ones are counted together. */
const SERIES_MAX = 2000;
const OVERFLOW = 'other';

/** Finds the series of a label combination, at most SERIES_MAX different ones. */
class SeriesTable<T> {
  private readonly known = new Map<string, T>();

  constructor(
    private readonly names: readonly string[],
    private readonly make: (labels: Record<string, string>) => T,
  ) {}

  get(values: readonly string[]): T {
    const key = values.length === 1 ? values[0]! : values.join('\0');
    return this.known.get(key) ?? this.add(key, values);
  }

  remove(values: readonly string[]): void {
    this.known.delete(values.length === 1 ? values[0]! : values.join('\0'));
  }

  private add(key: string, values: readonly string[]): T {
    if (this.known.size >= SERIES_MAX) return this.overflow();
    const made = this.make(Object.fromEntries(this.names.map((name, i) => [name, values[i] ?? ''])));
    this.known.set(key, made);
    return made;
  }

  private overflow(): T {
    const values = this.names.map(() => OVERFLOW);
    const key = values.join('\0');
    const known = this.known.get(key);
    if (known) return known;
    const made = this.make(Object.fromEntries(this.names.map((name) => [name, OVERFLOW])));
    this.known.set(key, made);
    return made;
  }
}

/** The port on a registry. A name that is registered already gives the same metric. */
export function metricsOn(registry: Registry): Metrics {
  const tables = new Map<string, unknown>();
  const once = <T>(name: string, make: () => T): T => {
    const known = tables.get(name);
    if (known) return known as T;
    const made = make();
    tables.set(name, made);
    return made;
  };
  const base = (spec: MetricSpec) => ({ name: spec.name, help: spec.help, labelNames: [...spec.labels], registers: [registry] });
  return {
    counter: (spec) =>
      once(spec.name, () => {
        const metric = new Counter(base(spec));
        const table = new SeriesTable(spec.labels, (labels) => metric.labels(labels));
        return {
          add: (labels: readonly string[], by = 1) => table.get(labels).inc(by),
          with: (labels: readonly string[]) => {
            const series = table.get(labels);
            return { add: (by = 1) => series.inc(by) };
          },
        };
      }),
    gauge: (spec) =>
      once(spec.name, () => {
        const metric = new Gauge({ ...base(spec), aggregator: spec.across ?? 'sum' });
        const table = new SeriesTable(spec.labels, (labels) => metric.labels(labels));
        const remove = (labels: readonly string[]): void => {
          table.remove(labels);
          metric.remove(...labels);
        };
        return { set: (labels: readonly string[], value: number) => table.get(labels).set(value), remove };
      }),
    histogram: (spec) =>
      once(spec.name, () => {
        const metric = new Histogram({ ...base(spec), buckets: [...spec.buckets] });
        const table = new SeriesTable(spec.labels, (labels) => metric.labels(labels));
        return {
          observe: (labels: readonly string[], value: number) => table.get(labels).observe(value),
          with: (labels: readonly string[]) => {
            const series = table.get(labels);
            return { observe: (value: number) => series.observe(value) };
          },
        };
      }),
  };
}
