/** What the first process and its workers say to each other, beside what the hub is asked for. */
import type { Fault } from '@gatehouse/kong-config';
import type { MetricFamily } from '@gatehouse/plugins';
import type { Status } from '../admin/source.js';
import type { Sources } from '../reload/sources.js';

/** A configuration with its number; numbers rise. */
export interface Edition extends Sources {
  readonly version: number;
}

/** What a worker begins with. */
export interface Beginning {
  readonly edition: Edition;
  readonly worker: number;
  readonly workers: number;
  readonly nodeId: string;
  /** 48 bytes: TLS sessions are resumed by any worker. */
  readonly ticketKeys: Uint8Array;
  readonly listen: { readonly port: number; readonly tlsPort: number | null; readonly host: string; readonly reusePort: boolean };
}

/** The first process's word to a worker that has loaded: listen, or load this first. */
export type Loaded = { readonly listen: true } | { readonly listen: false; readonly edition: Edition };

/** A worker's word about an edition. */
export type Verdict = { readonly good: true } | { readonly good: false; readonly faults: readonly Fault[] };

/** A worker's numbers. */
export interface WorkerReport {
  readonly status: Status;
  /** Kong's metrics, without the health of targets. */
  readonly kong: string;
  /** Somebody wants the health of targets shown. */
  readonly health: boolean;
  readonly families: readonly MetricFamily[];
}
