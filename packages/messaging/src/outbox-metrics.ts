/** An outbox's state as Prometheus metrics, for telemetry's `exposeState`. */
import type { OutboxStats } from './events.js';

interface OutboxMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly label?: string;
  values(stats: OutboxStats): number | Readonly<Record<string, number>>;
}

const gauge = (name: string, help: string, values: OutboxMetric['values']): OutboxMetric => ({ name, help, type: 'gauge', values });
const counter = (name: string, help: string, values: OutboxMetric['values']): OutboxMetric => ({ name, help, type: 'counter', values });

/** The metrics of an outbox, for `exposeState` of telemetry. */
export const outboxMetrics: readonly OutboxMetric[] = [
  gauge('outbox_pending_events', 'Events that are not delivered yet', (stats) => stats.pending),
  gauge('outbox_pending_bytes', 'Bytes of events that are not delivered yet', (stats) => stats.pendingBytes),
  gauge('outbox_oldest_age_seconds', 'Age of the oldest event that is not delivered yet', (stats) => stats.oldestAgeSeconds),
  gauge('outbox_broker_up', 'Whether the last delivery worked', (stats) => Number(stats.brokerUp)),
  gauge('outbox_store_up', 'Whether the last write worked', (stats) => Number(stats.storeUp)),
  counter('outbox_published_events_total', 'Events handed in', (stats) => stats.published),
  counter('outbox_delivered_events_total', 'Events that arrived at the broker', (stats) => stats.delivered),
  counter('outbox_send_failures_total', 'Deliveries that failed and are tried again', (stats) => stats.sendFailures),
  counter('outbox_store_failures_total', 'Writes and reads of the store that failed and are tried again', (stats) => stats.storeFailures),
  { ...counter('outbox_dropped_events_total', 'Events given up', (stats) => stats.dropped), label: 'reason' },
];
