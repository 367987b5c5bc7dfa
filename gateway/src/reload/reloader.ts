/** Takes changed sources in use, one after the other: what was read first never comes into use last. */
import { explain } from '../explain.js';
import type { Log } from '../phases/plane.js';
import type { Sources } from './sources.js';

const same = (a: Sources, b: Sources): boolean =>
  a.text === b.text && a.standard.cert === b.standard.cert && a.standard.key === b.standard.key;

export class Reloader {
  private running: Promise<void> = Promise.resolve();

  /**
   * @param tried what is in use, or was refused last
   * @param use takes sources in use, or rejects and leaves everything as it was; resolves with the number of routes
   */
  constructor(
    private tried: Sources,
    private readonly read: () => Promise<Sources>,
    private readonly use: (sources: Sources) => Promise<number>,
    private readonly log: Log,
  ) {}

  /** Somebody said so: reads everything again. */
  signalled(): void {
    this.queue(() => this.reload(true));
  }

  /** Files look different: reads again, and does nothing when they say what they said before. */
  changed(): void {
    this.queue(() => this.reload(false));
  }

  private queue(run: () => Promise<void>): void {
    this.running = this.running.then(run);
  }

  private async reload(always: boolean): Promise<void> {
    try {
      const sources = await this.read();
      if (!always && same(sources, this.tried)) return;
      this.tried = sources;
      this.log('info', 'configuration reloaded', { routes: await this.use(sources) });
    } catch (error) {
      this.log('error', 'configuration refused; the one before stays', { faults: explain(error).split('\n') });
    }
  }
}
