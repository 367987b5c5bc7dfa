/** One configuration, ready to serve: everything that requests look up, made once. */
import type { Consumer, KongConfig, Service } from '@gatehouse/kong-config';
import type { Balancer } from '../balancer/index.js';
import type { PluginInstance } from '../plugin.js';
import type { ForwardDeps } from '../proxy/forward.js';
import type { Router } from '../router/index.js';
import type { TrustedPeers } from './client-request.js';
import type { ChainTable } from './plugin-chain.js';

/** Headers that the gateway adds to answers (Kong: `headers`). */
export interface AddedHeaders {
  requestId: boolean;
  latency: boolean;
  server: string | null;
  via: string | null;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type Log = (level: LogLevel, message: string, fields?: Record<string, unknown>) => void;

export interface Plane {
  readonly config: KongConfig;
  readonly router: Router;
  readonly services: ReadonlyMap<string, Service>;
  readonly consumers: ReadonlyMap<string, Consumer>;
  readonly chains: ChainTable;
  readonly rewriters: readonly PluginInstance[];
  readonly balancer: Balancer;
  readonly forward: ForwardDeps;
  readonly trust: TrustedPeers;
  readonly added: AddedHeaders;
  readonly log: Log;
  now(): number;
  requestId(): string;
}
