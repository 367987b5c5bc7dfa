/** Keeps so many workers running, and brings every configuration to all of them or to none. */
import type { Fault } from '@gatehouse/kong-config';
import type { Timers } from '@gatehouse/policy';
import { ConfigurationError } from '../gateway.js';
import type { Log } from '../phases/plane.js';
import type { Sources } from '../reload/sources.js';
import type { ChannelHandlers } from './channel.js';
import type { Edition, Loaded, Verdict } from './messages.js';
import { type Child, WorkerHandle } from './worker-handle.js';

const PREPARE_MS = 30_000;
const TAKE_MS = 10_000;
const RESPAWN_LEAST_MS = 100;
const RESPAWN_MOST_MS = 10_000;
/** A worker that served for so long did not fail at its start. */
const STEADY_MS = 10_000;

/** A worker could not begin. */
export class WorkerError extends Error {
  readonly code = 'WORKER_FAILED';
}

export interface SupervisorOptions {
  readonly workers: number;
  readonly log: Log;
  readonly timers: Timers;
  now(): number;
  fork(): Child;
  /** What a worker asks for and says beside its own beginning. */
  hub(worker: WorkerHandle): Omit<ChannelHandlers, 'stuck'>;
  /** What a worker begins with. */
  beginning(edition: Edition, worker: number): unknown;
  /** A worker has loaded and is about to listen: it hears what the others know already. */
  joining(worker: WorkerHandle): void;
}

export class Supervisor {
  private readonly handles = new Map<number, WorkerHandle>();
  private edition: Edition;
  private serial = 0;
  private failures = 0;
  private reloading: Promise<unknown> = Promise.resolve();
  private ending = false;
  private started = false;
  private whenStarted: { resolve(): void; reject(error: Error): void } | null = null;
  private whenEnded: (() => void) | null = null;
  private clean = true;

  constructor(
    sources: Sources,
    private readonly options: SupervisorOptions,
  ) {
    this.edition = { ...sources, version: 1 };
  }

  /** Workers that are there, whatever they do. */
  get workers(): readonly WorkerHandle[] {
    return [...this.handles.values()];
  }

  get readyCount(): number {
    return this.workers.filter(({ state }) => state === 'ready').length;
  }

  get ready(): boolean {
    return this.readyCount === this.options.workers && !this.ending;
  }

  /**
   * Starts the workers; resolves when all of them serve.
   * @throws ConfigurationError, WorkerError when one of them can't
   */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.whenStarted = { resolve, reject };
      for (let i = 0; i < this.options.workers; i++) this.spawn();
    });
  }

  /**
   * Brings sources to all workers: each makes them ready, and only when all found them good do they take them in use.
   * @throws ConfigurationError with the faults that the first of them found, ChannelError for one that does not answer; nothing changes then
   */
  reload(sources: Sources): Promise<void> {
    const done = this.reloading.then(() => this.bring(sources));
    this.reloading = done.catch(() => undefined);
    return done;
  }

  /** Ends all workers, and what is left of them after `timeoutMs`. False when one did not end by itself. */
  async end(timeoutMs: number): Promise<boolean> {
    this.ending = true;
    const ended = new Promise<void>((resolve) => {
      this.whenEnded = resolve;
    });
    for (const worker of this.workers) worker.channel.cast('drain', null);
    const timer = this.options.timers.after(timeoutMs, () => this.kill());
    if (this.handles.size > 0) await ended;
    this.options.timers.cancel(timer);
    return this.clean;
  }

  /** Ends all workers at once. */
  kill(): void {
    this.ending = true;
    for (const { child } of this.workers) child.kill('SIGKILL');
  }

  // ---- one worker

  private spawn(): void {
    if (this.ending) return;
    const number = ++this.serial;
    const bornAt = this.options.now();
    const asks = (worker: WorkerHandle): Omit<ChannelHandlers, 'stuck'> => this.handlersFor(worker);
    const ended = (worker: WorkerHandle, why: string): void => this.ended(worker, why, bornAt);
    this.handles.set(number, new WorkerHandle(number, this.options.fork(), asks, this.options.timers, ended));
  }

  private handlersFor(worker: WorkerHandle): Omit<ChannelHandlers, 'stuck'> {
    const hub = this.options.hub(worker);
    return {
      cast: (name, data) => {
        if (name === 'ready') this.becameReady(worker);
        else if (name === 'failed') this.failed(worker, data as { message: string; faults: readonly Fault[] | null });
        else hub.cast(name, data);
      },
      call: (name, data) => {
        if (name === 'begin') return this.options.beginning(this.edition, worker.number);
        if (name === 'loaded') return this.reloading.then(() => this.loaded(worker, data as number));
        return hub.call(name, data);
      },
    };
  }

  /** A worker that loaded what is no longer current loads again; only then it listens. */
  private loaded(worker: WorkerHandle, version: number): Loaded {
    if (version !== this.edition.version) return { listen: false, edition: this.edition };
    worker.state = 'loaded';
    this.options.joining(worker);
    return { listen: true };
  }

  private becameReady(worker: WorkerHandle): void {
    worker.state = 'ready';
    if (this.started) this.options.log('info', 'worker serves', { worker: worker.number, pid: worker.child.pid });
    if (this.started || !this.ready) return;
    this.started = true;
    this.whenStarted?.resolve();
  }

  private failed(worker: WorkerHandle, { message, faults }: { message: string; faults: readonly Fault[] | null }): void {
    if (this.started) {
      this.options.log('error', 'a worker can not serve', { worker: worker.number, error: message });
      return;
    }
    this.whenStarted?.reject(faults ? new ConfigurationError(faults) : new WorkerError(message));
  }

  private ended(worker: WorkerHandle, why: string, bornAt: number): void {
    this.handles.delete(worker.number);
    if (this.ending) {
      if (why !== 'code 0') this.clean = false;
      if (this.handles.size === 0) this.whenEnded?.();
      return;
    }
    if (!this.started) {
      this.whenStarted?.reject(new WorkerError(`worker ${worker.number} ended before it served (${why})`));
      return;
    }
    const now = this.options.now();
    this.failures = now - bornAt >= STEADY_MS ? 0 : this.failures + 1;
    const delayMs = Math.min(RESPAWN_MOST_MS, RESPAWN_LEAST_MS * 2 ** Math.min(this.failures, 10));
    this.options.log('error', 'a worker ended; another one takes its place', { worker: worker.number, why, delayMs });
    this.options.timers.after(delayMs, () => this.spawn());
  }

  // ---- configurations

  private async bring(sources: Sources): Promise<void> {
    const edition: Edition = { ...sources, version: this.edition.version + 1 };
    const workers = this.workers.filter((worker) => worker.takesPart);
    try {
      const verdicts = await Promise.all(workers.map(({ channel }) => channel.call('prepare', edition, PREPARE_MS)));
      for (const verdict of verdicts as Verdict[]) if (!verdict.good) throw new ConfigurationError(verdict.faults);
    } catch (error) {
      for (const { channel } of workers) channel.cast('drop', null);
      throw error;
    }
    // From here on there is no way back: a worker that can't follow is ended, and the next one begins with this.
    this.edition = edition;
    await Promise.all(
      workers.map(({ channel, child }) => channel.call('take', edition.version, TAKE_MS).catch(() => child.kill('SIGKILL'))),
    );
  }
}
