/** Metrics as data: read from a registry, added up over processes, shown under other names, written as text. */
import type { Across } from '@gatehouse/policy';

export type Labels = Readonly<Record<string, string>>;

/** One series of a family; a histogram has several (`_bucket`, `_sum`, `_count`). */
export interface Sample {
  /** What stands after the family's name: empty, `_bucket`, `_sum`, `_count`. */
  readonly suffix: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** How values of several series become one. */
  readonly across: Across;
  readonly samples: readonly Sample[];
}

const combine: Readonly<Record<Across, (a: number, b: number) => number>> = {
  sum: (a, b) => a + b,
  max: Math.max,
  min: Math.min,
};

/** Samples with equal labels become one. */
export function addUp(samples: readonly Sample[], across: Across): Sample[] {
  const sums = new Map<string, Sample>();
  for (const sample of samples) {
    const key = `${sample.suffix} ${JSON.stringify(Object.entries(sample.labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
    const known = sums.get(key);
    sums.set(key, known ? { ...known, value: combine[across](known.value, sample.value) } : sample);
  }
  return [...sums.values()];
}

/** The families of several processes as one set. */
export function mergeFamilies(processes: readonly (readonly MetricFamily[])[]): MetricFamily[] {
  const merged = new Map<string, MetricFamily>();
  for (const family of processes.flat()) {
    const known = merged.get(family.name);
    merged.set(family.name, known ? { ...known, samples: [...known.samples, ...family.samples] } : family);
  }
  return [...merged.values()].map((family) => ({ ...family, samples: addUp(family.samples, family.across) }));
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

function line(name: string, { suffix, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  const shown = value === Number.POSITIVE_INFINITY ? '+Inf' : String(value);
  return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${shown}`;
}

/** Prometheus' text format 0.0.4. */
export function exposition(families: readonly MetricFamily[]): string {
  const blocks = families.map(({ name, help, type, samples }) =>
    [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`, ...samples.map((sample) => line(name, sample))].join('\n'),
  );
  return `${blocks.join('\n')}\n`;
}
