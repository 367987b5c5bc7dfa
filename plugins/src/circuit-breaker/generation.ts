/**
 * What happens to requests between two changes of state. Each generation has an opossum of its own, which counts and says when to
 * change: outcomes of requests that were admitted before the last change come to an opossum that nobody listens to any more.
 */
import { EventEmitter } from 'node:events';
import CircuitBreaker from 'opossum';

/** When a breaker opens, and for how long. */
export interface Thresholds {
  readonly errorPercent: number;
  readonly minimumRequests: number;
  readonly windowMs: number;
  /** 0: not counted. */
  readonly consecutiveFailures: number;
  readonly resetMs: number;
}

/** An admitted request: its outcome is told here when the answer's headers arrive. */
export interface Ticket {
  succeed(): void;
  fail(): void;
}

const BUCKETS_MAX = 60;
/** opossum never opens by itself above this; `at least` is judged here. */
const NEVER_PERCENT = 100;
/** setTimeout's largest delay: opossum's own timer is ended before it could matter. */
const NEVER_MS = 2_147_483_647;

/** A failed outcome, for opossum. One for all: nobody looks at its stack. */
class OutcomeError extends Error {
  readonly code = 'OUTCOME_FAILED';
}

const FAILED = new OutcomeError('the service failed');

const ignore = (): void => undefined;

/** What opossum fires: it ends when the outcome of the request is known. */
const whenKnown = (outcome: Promise<void>): Promise<void> => outcome;

/** One opossum between two changes of state. */
export class Generation {
  private readonly breaker: CircuitBreaker<[Promise<void>], void>;
  private readonly rotation = new EventEmitter();
  private readonly bucketMs: number;
  private readonly buckets: number;
  private rotatedAt: number;
  private inARow = 0;

  /**
   * @param halfOpen lets one request through: its outcome decides
   * @param now Unix milliseconds
   */
  constructor(
    private readonly thresholds: Thresholds,
    halfOpen: boolean,
    changed: (state: 'open' | 'closed') => void,
    now: number,
  ) {
    this.buckets = Math.max(1, Math.min(BUCKETS_MAX, Math.round(thresholds.windowMs / 1000)));
    this.bucketMs = thresholds.windowMs / this.buckets;
    this.rotatedAt = now;
    this.breaker = new CircuitBreaker(whenKnown, {
      timeout: false,
      resetTimeout: NEVER_MS,
      errorThresholdPercentage: NEVER_PERCENT,
      rollingCountTimeout: thresholds.windowMs,
      rollingCountBuckets: this.buckets,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: this.rotation,
      ...(halfOpen
        ? { state: { name: '', enabled: true, closed: false, open: false, halfOpen: true, warmUp: false, shutdown: false } }
        : {}),
    } as CircuitBreaker.Options<[Promise<void>]>);
    this.breaker.on('success', () => {
      this.inARow = 0;
    });
    if (!halfOpen) this.breaker.on('failure', () => this.failed());
    this.breaker.on('open', () => this.end(() => changed('open')));
    this.breaker.on('close', () => this.end(() => changed('closed')));
  }

  /** Admits a request; its outcome is counted in the bucket in which it becomes known. */
  admit(now: number): Ticket {
    this.rotate(now);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // A failure is opossum's to count, and nobody else's to hear of.
    promise.catch(ignore);
    this.breaker.fire(promise).catch(ignore);
    return { succeed: resolve, fail: () => reject(FAILED) };
  }

  /** Moves the window on to `now`. */
  rotate(now: number): void {
    let due = Math.floor((now - this.rotatedAt) / this.bucketMs);
    if (due <= 0) {
      // A clock that was set back starts the bucket anew.
      if (now < this.rotatedAt) this.rotatedAt = now;
      return;
    }
    this.rotatedAt += due * this.bucketMs;
    for (due = Math.min(due, this.buckets); due > 0; due--) this.rotation.emit('rotate');
  }

  /** Ends it: nothing that is still on its way counts any more. */
  close(): void {
    this.breaker.shutdown();
  }

  private end(then: () => void): void {
    this.close();
    then();
  }

  /** The pages say "at least", of answers that came: opossum compares with "more than", of requests that were sent. */
  private failed(): void {
    const { errorPercent, minimumRequests, consecutiveFailures } = this.thresholds;
    this.inARow++;
    if (consecutiveFailures > 0 && this.inARow >= consecutiveFailures) return this.breaker.open();
    const { failures, successes } = this.breaker.stats;
    const answers = failures + successes;
    if (answers >= minimumRequests && failures * 100 >= errorPercent * answers) this.breaker.open();
  }
}
