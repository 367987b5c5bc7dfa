/** Tells the provider of sessions that ended, again and again while it is away: bounded, in the background. */
import type { Dependencies } from '../dependencies.js';

export type EndsEffects = Pick<Dependencies, 'after' | 'log' | 'metrics'>;

/** Ends that wait at most; more are not tried again. */
const WAITING_MAX = 1000;
const DELAYS_MS = [1000, 5000, 30_000, 120_000];

/** Sessions whose end the provider must still hear of: a thousand at most, in this process alone. */
export class ProviderEnds {
  private readonly running = new Set<Promise<void>>();
  private waiting = 0;
  private readonly counter: { add(labels: readonly string[]): void };

  /** @param end tells the provider; rejects when that is not known to have worked */
  constructor(
    private readonly end: (refreshToken: string) => Promise<void>,
    private readonly effects: EndsEffects,
  ) {
    this.counter = effects.metrics.counter({
      name: 'auth_provider_logouts_total',
      help: 'Sessions ended at the provider',
      labels: ['result'],
    });
  }

  /** @param failed called once, when the first attempt failed */
  add(refreshToken: string, failed: () => Promise<void>): void {
    this.track(this.attempt(refreshToken, 0, failed));
  }

  /** Resolves when nothing runs; what waits for its next attempt is let go. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  private track(work: Promise<void>): void {
    this.running.add(work);
    void work.finally(() => this.running.delete(work));
  }

  private async attempt(refreshToken: string, tries: number, failed: () => Promise<void>): Promise<void> {
    try {
      await this.end(refreshToken);
      this.counter.add(['good']);
    } catch (error) {
      this.counter.add(['failed']);
      this.effects.log('warn', 'a session could not be ended at the provider', { tries: tries + 1, error: String(error) });
      this.later(refreshToken, tries, failed);
      if (tries === 0) await failed().catch((fault) => this.effects.log('error', 'a revocation failed', { error: String(fault) }));
    }
  }

  private later(refreshToken: string, tries: number, failed: () => Promise<void>): void {
    const delay = DELAYS_MS[tries];
    if (delay === undefined || this.waiting >= WAITING_MAX)
      return this.effects.log('error', 'a session is left to the provider', { tries });
    this.waiting++;
    this.effects.after(delay, () => {
      this.waiting--;
      this.track(this.attempt(refreshToken, tries + 1, failed));
    });
  }
}
