/** Collects entries and delivers them in batches, with retries, within bounds (kong/tools/queue.lua). */

/** Kong's `queue` record; times in seconds. */
export interface QueueSettings {
  max_batch_size: number;
  max_coalescing_delay: number;
  max_entries: number;
  max_bytes: number | null;
  max_retry_time: number;
  initial_retry_delay: number;
  max_retry_delay: number;
}

export interface QueueEffects {
  /** Unix ms. */
  now(): number;
  /** Resolves after so many ms, or as soon as the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  log(level: 'warn' | 'error', message: string): void;
}

interface Entry {
  readonly text: string;
  readonly bytes: number;
}

/** Bytes that are held when no other bound is set. */
const BYTES_MAX = 64 * 1024 * 1024;

/** setTimeout, without keeping the process alive. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    timer.unref();
    signal.addEventListener('abort', done);
  });
}

export class BatchQueue {
  private readonly entries: Entry[] = [];
  private bytes = 0;
  private dropping = false;
  private running: Promise<void> | null = null;
  /** Aborted when a batch need not wait any longer. */
  private full = new AbortController();
  private readonly closing = new AbortController();

  /** `deliver` rejects for what is worth another try. */
  constructor(
    private readonly settings: QueueSettings,
    private readonly deliver: (batch: readonly string[]) => Promise<void>,
    private readonly effects: QueueEffects,
  ) {}

  get size(): number {
    return this.entries.length;
  }

  /** Takes an entry; where there is no room the oldest ones go. */
  add(text: string): void {
    const bytes = Buffer.byteLength(text);
    const bytesMax = this.settings.max_bytes ?? BYTES_MAX;
    if (bytes > bytesMax) {
      this.effects.log('error', `a log entry of ${bytes} bytes is larger than the queue`);
      return;
    }
    while (this.entries.length >= this.settings.max_entries || this.bytes + bytes > bytesMax) this.dropOldest();
    this.entries.push({ text, bytes });
    this.bytes += bytes;
    if (this.entries.length >= this.settings.max_batch_size) this.full.abort();
    this.running ??= this.run();
  }

  /** Delivers what is there without waiting for more, one try per batch. */
  async close(): Promise<void> {
    this.closing.abort();
    this.full.abort();
    await this.running;
  }

  private dropOldest(): void {
    const oldest = this.entries.shift();
    if (!oldest) return;
    this.bytes -= oldest.bytes;
    if (!this.dropping) this.effects.log('error', 'queue full, dropping old entries until processing is successful again');
    this.dropping = true;
  }

  private async run(): Promise<void> {
    // Not in the same turn: whoever adds does not wait for the first delivery.
    await Promise.resolve();
    while (this.entries.length > 0) {
      await this.coalesce();
      const batch = this.entries.splice(0, this.settings.max_batch_size);
      for (const { bytes } of batch) this.bytes -= bytes;
      this.dropping = false;
      if (batch.length > 0) await this.handle(batch.map(({ text }) => text));
    }
    this.running = null;
  }

  private async coalesce(): Promise<void> {
    if (this.entries.length >= this.settings.max_batch_size || this.closing.signal.aborted) return;
    this.full = new AbortController();
    await this.effects.sleep(this.settings.max_coalescing_delay * 1000, this.full.signal);
  }

  private async handle(batch: readonly string[]): Promise<void> {
    const { max_retry_time, max_retry_delay, initial_retry_delay } = this.settings;
    const began = this.effects.now();
    for (let tries = 0; ; tries++) {
      try {
        await this.deliver(batch);
        return;
      } catch (error) {
        this.effects.log('warn', `could not process entries: ${error instanceof Error ? error.message : String(error)}`);
      }
      if (this.closing.signal.aborted || this.effects.now() - began > max_retry_time * 1000) {
        this.effects.log('error', `${batch.length} queue entries were lost`);
        return;
      }
      await this.effects.sleep(Math.min(max_retry_delay, 2 ** tries * initial_retry_delay) * 1000, this.closing.signal);
    }
  }
}
