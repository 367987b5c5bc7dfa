import type { Across } from '@gatehouse/policy';
import type { Registry } from 'prom-client';
import type { MetricFamily, Sample } from './families.js';

type PromMetric = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];

const TYPES = new Set(['counter', 'gauge', 'histogram']);
const ACROSS = new Set(['sum', 'max', 'min']);

function sampleOf(name: string, value: { value: number; labels: object; metricName?: string }): Sample {
  const labels = Object.fromEntries(Object.entries(value.labels).map(([key, text]) => [key, String(text)]));
  return { suffix: (value.metricName ?? name).slice(name.length), labels, value: value.value };
}

/** prom-client's JSON as families: of this process's registry, or of one that another process sent. */
export function familiesOf(metrics: readonly PromMetric[]): MetricFamily[] {
  return metrics
    .filter((metric) => TYPES.has(String(metric.type)))
    .map((metric) => ({
      name: metric.name,
      help: metric.help,
      type: metric.type as unknown as MetricFamily['type'],
      across: (ACROSS.has(metric.aggregator) ? metric.aggregator : 'sum') as Across,
      samples:
        (metric as { values?: { value: number; labels: object; metricName?: string }[] }).values?.map((value) =>
          sampleOf(metric.name, value),
        ) ?? [],
    }));
}

/** The metrics of one process. */
export async function registryFamilies(registry: Registry): Promise<MetricFamily[]> {
  return familiesOf(await registry.getMetricsAsJSON());
}
