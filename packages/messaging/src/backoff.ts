/** How long to wait before the next attempt: twice as long each time, with jitter, so that replicas don't come back all at once. */
export class Backoff {
  private attempts = 0;

  /**
   * @param firstMs longest wait after the first failure
   * @param maxMs longest wait of all
   * @param random a number in [0, 1)
   */
  constructor(
    private readonly firstMs: number,
    private readonly maxMs: number,
    private readonly random: () => number,
  ) {}

  /** Milliseconds to wait after one more failure: between half of the bound and the bound. */
  next(): number {
    const bound = Math.min(this.maxMs, this.firstMs * 2 ** Math.min(this.attempts, 30));
    this.attempts++;
    return Math.ceil(bound / 2 + (bound / 2) * this.random());
  }

  /** It worked: the next failure is the first again. */
  reset(): void {
    this.attempts = 0;
  }
}
