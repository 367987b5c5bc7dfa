/** States as lua-resty-healthcheck names them; the two `mostly` ones say that counting has begun. */
export type HealthState = 'healthy' | 'mostly_healthy' | 'mostly_unhealthy' | 'unhealthy';

/** What one observation of a peer counts as. */
export type CountKind = 'success' | 'http_failure' | 'tcp_failure' | 'timeout';

/** A peer's counters and state, to hand over to another process. */
export interface HealthRecord {
  readonly state: HealthState;
  readonly successes: number;
  readonly httpFailures: number;
  readonly tcpFailures: number;
  readonly timeouts: number;
}

/**
 * Counts what a peer did, as lua-resty-healthcheck 3.1 does: a failure resets the successes, a success resets all
 * failures, each kind of failure has a counter of its own, and the first counter that reaches its limit decides.
 * An observation whose limit is 0 is not counted at all: it resets nothing either.
 */
export class HealthTracker implements HealthRecord {
  state: HealthState = 'healthy';
  successes = 0;
  httpFailures = 0;
  tcpFailures = 0;
  timeouts = 0;

  /** Whether requests may go to the peer. */
  get available(): boolean {
    return this.state === 'healthy' || this.state === 'mostly_healthy';
  }

  /**
   * Counts one observation.
   * @param limit how many in a row decide; 0 switches this kind off
   * @returns whether anything was counted
   */
  count(kind: CountKind, limit: number): boolean {
    if (!this.wouldCount(kind, limit)) return false;
    return kind === 'success' ? this.countSuccess(limit) : this.countFailure(kind, limit);
  }

  /** Whether `count` would count it. */
  wouldCount(kind: CountKind, limit: number): boolean {
    return limit > 0 && this.state !== (kind === 'success' ? 'healthy' : 'unhealthy');
  }

  /** An operator's word: the state is set and counting starts anew. */
  force(healthy: boolean): void {
    this.successes = 0;
    this.clearFailures();
    this.state = healthy ? 'healthy' : 'unhealthy';
  }

  /** Takes over what another process has counted. */
  restore(record: HealthRecord): void {
    this.state = record.state;
    this.successes = record.successes;
    this.httpFailures = record.httpFailures;
    this.tcpFailures = record.tcpFailures;
    this.timeouts = record.timeouts;
  }

  private countSuccess(limit: number): boolean {
    this.clearFailures();
    this.successes++;
    if (this.successes >= limit) this.state = 'healthy';
    else if (this.state === 'unhealthy') this.state = 'mostly_unhealthy';
    return true;
  }

  private countFailure(kind: Exclude<CountKind, 'success'>, limit: number): boolean {
    this.successes = 0;
    if (this.increment(kind) >= limit) this.state = 'unhealthy';
    else if (this.state === 'healthy') this.state = 'mostly_healthy';
    return true;
  }

  private increment(kind: Exclude<CountKind, 'success'>): number {
    if (kind === 'http_failure') return ++this.httpFailures;
    if (kind === 'tcp_failure') return ++this.tcpFailures;
    return ++this.timeouts;
  }

  private clearFailures(): void {
    this.httpFailures = 0;
    this.tcpFailures = 0;
    this.timeouts = 0;
  }
}
