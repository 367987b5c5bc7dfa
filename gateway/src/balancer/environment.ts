import { randomUUID } from 'node:crypto';
import { SystemResolver } from './dns-resolver.js';
import type { CountKind } from './health-state.js';
import type { Resolver } from './name-cache.js';
import { type Probe, probePeer } from './probe.js';

/** Timers that never keep the process alive. */
export interface Timers {
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

/** A peer was taken out or came back: for logs and metrics. */
export interface HealthChange {
  readonly upstream: string;
  /** The target's name with the peer's port. */
  readonly target: string;
  readonly ip: string;
  readonly port: number;
  readonly healthy: boolean;
}

/** One counted observation, or an operator's word: what another process needs to count alike. */
export type HealthEvent =
  | { readonly upstream: string; readonly peer: string; readonly check: 'active' | 'passive'; readonly kind: CountKind }
  | { readonly upstream: string; readonly peer: string; readonly kind: 'set'; readonly healthy: boolean };

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Effects of the balancer, injected. */
export interface BalancerEnvironment {
  readonly resolver: Resolver;
  readonly timers: Timers;
  readonly probe: Probe;
  /** Unix milliseconds. */
  now(): number;
  /** 0 ≤ x < 1. */
  random(): number;
  uuid(): string;
  log(level: LogLevel, message: string, fields?: Record<string, unknown>): void;
  onHealthChange(change: HealthChange): void;
  /** Every observation that this process counted; give it to `applyHealthEvent` of the others. */
  onHealthEvent(event: HealthEvent): void;
  /** The upstream's client certificate for https probes, PEM. */
  certificate(id: string): { cert: string; key: string } | null;
  /** False in all processes but one when several share a configuration. */
  readonly activeChecks: boolean;
  /**
   * False where another process counts: observations are only passed on, and come back by `applyHealthEvent` in one order for all,
   * so that no two processes ever disagree about a peer.
   */
  readonly countsHere: boolean;
}

const systemTimers: Timers = {
  setTimeout: (run, ms) => setTimeout(run, ms).unref(),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

/** The real world, but for what is given. */
export function environmentWith(given: Partial<BalancerEnvironment>): BalancerEnvironment {
  return {
    resolver: given.resolver ?? new SystemResolver(),
    timers: systemTimers,
    probe: probePeer,
    now: Date.now,
    random: Math.random,
    uuid: randomUUID,
    log: () => {},
    onHealthChange: () => {},
    onHealthEvent: () => {},
    certificate: () => null,
    activeChecks: true,
    countsHere: true,
    ...given,
  };
}
