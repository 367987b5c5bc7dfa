/** What the admin and status listeners tell of: one process, or all workers of one port. */

import type { KongConfig } from '@gatehouse/kong-config';
import { exposition, type MetricFamily, mergeFamilies, registryFamilies } from '@gatehouse/plugins';
import type { UpstreamSnapshot } from '../balancer/index.js';
import type { Gateway } from '../gateway.js';
import { metricsText } from '../plugins/prometheus/index.js';

/** Kong's version whose behaviour this is. */
export const VERSION = '3.9.3';

export interface Status {
  readonly connections: number;
  /** Being answered. */
  readonly requests: number;
  /** Since the start. */
  readonly accepted: number;
  readonly served: number;
  /** Bytes. */
  readonly rss: number;
  readonly heapUsed: number;
}

export interface AdminSource {
  readonly config: KongConfig | null;
  /** Every process serves, with a configuration. */
  readonly ready: boolean;
  /** Processes that serve, and those that should. */
  readonly workers: { readonly ready: number; readonly configured: number };
  status(): Promise<Status>;
  upstreams(): UpstreamSnapshot[];
  /** In the Prometheus text format. */
  metrics(): Promise<string>;
}

/** Of this process. */
export function statusOf(gateway: Gateway): Status {
  const memory = process.memoryUsage();
  return { ...gateway.server.counts, rss: memory.rss, heapUsed: memory.heapUsed };
}

/** Kong's metrics of this process; with `health` those of targets, too. */
export function kongMetrics(gateway: Gateway, nodeId: string, health: boolean): string {
  const { connections, requests, accepted, served } = gateway.server.counts;
  const node = { nodeId, version: VERSION, accepted, requests: served, active: connections, writing: requests };
  return metricsText(health ? gateway.balancer : undefined, node);
}

/** The metrics of policies as text, those of several processes added up. */
export function policyMetrics(processes: readonly (readonly MetricFamily[])[]): string {
  return exposition(mergeFamilies(processes));
}

/** The source of a process that is alone. */
export function gatewaySource(gateway: Gateway, nodeId: string): AdminSource {
  return {
    get config() {
      return gateway.config;
    },
    get ready() {
      return gateway.config !== null;
    },
    workers: { ready: 1, configured: 1 },
    status: async () => statusOf(gateway),
    upstreams: () => gateway.balancer.snapshot(),
    metrics: async () => kongMetrics(gateway, nodeId, true) + policyMetrics([await registryFamilies(gateway.runtime.registry)]),
  };
}
