import type { ActiveHealthcheck, PassiveHealthcheck, Upstream } from '@gatehouse/kong-config';
import type { CountKind } from './health-state.js';

const HEALTHY = 1;
const UNHEALTHY = 2;

/** How one side of an upstream's health checks (active or passive) judges what it sees. */
export class CheckRules {
  private readonly classes = new Uint8Array(1000);
  private readonly limits: Readonly<Record<CountKind, number>>;

  constructor(check: ActiveHealthcheck | PassiveHealthcheck) {
    for (const status of check.unhealthy.http_statuses) this.classes[status] = UNHEALTHY;
    for (const status of check.healthy.http_statuses) this.classes[status] = HEALTHY;
    this.classes[0] = UNHEALTHY;
    this.limits = {
      success: check.healthy.successes,
      http_failure: check.unhealthy.http_failures,
      tcp_failure: check.unhealthy.tcp_failures,
      timeout: check.unhealthy.timeouts,
    };
  }

  /** What a status counts as; a status on both lists is a success, one on neither counts as nothing. */
  kindOf(status: number): CountKind | null {
    const found = this.classes[status];
    if (found === HEALTHY) return 'success';
    return found === UNHEALTHY ? 'http_failure' : null;
  }

  /** How many in a row decide; 0 = off. */
  limitOf(kind: CountKind): number {
    return this.limits[kind];
  }
}

/** Whether an upstream checks health at all, in Kong's words: any active interval or any passive limit for failures. */
export function usesHealthchecks(upstream: Upstream): boolean {
  const { active, passive } = upstream.healthchecks;
  const { tcp_failures, timeouts, http_failures } = passive.unhealthy;
  return active.healthy.interval > 0 || active.unhealthy.interval > 0 || tcp_failures + timeouts + http_failures > 0;
}

/** Whether health checks may take a peer out for good: nothing would ever count successes of one that is out. */
export function lacksWayBack(upstream: Upstream): boolean {
  const { active } = upstream.healthchecks;
  return usesHealthchecks(upstream) && (active.unhealthy.interval === 0 || active.healthy.successes === 0);
}
