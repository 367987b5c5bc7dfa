/**
 * Talk between the first process and a worker: casts, which nobody answers, and calls, which have an answer or a deadline. What one
 * turn of the event loop says goes out as one message. Everything is bounded: see the limits below and what happens at each.
 */
import type { Timers } from '@gatehouse/policy';

/** Calls without an answer yet; a further one is refused at once. */
const PENDING_MAX = 10_000;
/** Casts and answers that the other side has not taken yet; past it the other side counts as stuck. */
const UNSENT_MAX = 20_000;
/** Bytes of spare casts on their way; past it further ones are dropped. */
const SPARE_BYTES_MAX = 16 * 1024 * 1024;

/** The other process did not answer: it is gone, stuck or overwhelmed. */
export class ChannelError extends Error {
  readonly code = 'CHANNEL_NO_ANSWER';
}

/** How messages leave; `sent` tells when one did, or that it can't. */
export interface Port {
  send(message: unknown, sent: (error: Error | null) => void): void;
}

export interface ChannelHandlers {
  cast(name: string, data: unknown): void;
  /** Answers a call; a throw or rejection becomes the caller's. */
  call(name: string, data: unknown): unknown;
  /** The other side takes nothing any more. Told once. */
  stuck(): void;
}

type Entry =
  | readonly ['cast', string, unknown]
  | readonly ['call', number, string, unknown]
  | readonly ['answer', number, unknown]
  | readonly ['error', number, string];

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly timer: object;
}

export class Channel {
  private readonly pending = new Map<number, Pending>();
  private outbox: Entry[] = [];
  private scheduled = false;
  private unsent = 0;
  private spareBytes = 0;
  private outboxSpare = 0;
  private serial = 0;
  private closed = false;

  constructor(
    private readonly port: Port,
    private readonly handlers: ChannelHandlers,
    private readonly timers: Timers,
  ) {}

  /** Says something that must arrive. */
  cast(name: string, data: unknown): void {
    this.put(['cast', name, data]);
  }

  /** Says something that may be lost. False: it was dropped, too much is on its way. */
  castSpare(name: string, data: unknown, bytes: number): boolean {
    if (this.closed || this.spareBytes + bytes > SPARE_BYTES_MAX) return false;
    this.spareBytes += bytes;
    this.outboxSpare += bytes;
    this.put(['cast', name, data]);
    return true;
  }

  /** Asks. Rejects with ChannelError after `deadlineMs`, or at once when too much was asked already; else as the other side did. */
  call(name: string, data: unknown, deadlineMs: number): Promise<unknown> {
    if (this.closed) return Promise.reject(new ChannelError('the channel is closed'));
    if (this.pending.size >= PENDING_MAX) return Promise.reject(new ChannelError('too many calls have no answer'));
    const id = ++this.serial;
    return new Promise((resolve, reject) => {
      const timer = this.timers.after(deadlineMs, () => this.settle(id)?.reject(new ChannelError(`no answer within ${deadlineMs} ms`)));
      this.pending.set(id, { resolve, reject, timer });
      this.put(['call', id, name, data]);
    });
  }

  /** A message of the other side; in the order in which it was said. */
  receive(message: unknown): void {
    for (const entry of message as Entry[]) this.take(entry);
  }

  /** Nothing is said or heard any more; what was asked is rejected. */
  close(): void {
    this.closed = true;
    this.outbox = [];
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(new ChannelError('the other process is gone'));
  }

  private take(entry: Entry): void {
    switch (entry[0]) {
      case 'cast':
        return this.handlers.cast(entry[1], entry[2]);
      case 'call':
        return this.answer(entry[1], entry[2], entry[3]);
      case 'answer':
        return this.settle(entry[1])?.resolve(entry[2]);
      case 'error':
        return this.settle(entry[1])?.reject(new ChannelError(entry[2]));
    }
  }

  private answer(id: number, name: string, data: unknown): void {
    const failed = (error: unknown): void => this.put(['error', id, error instanceof Error ? error.message : String(error)]);
    try {
      const result = this.handlers.call(name, data);
      if (result instanceof Promise) result.then((late) => this.put(['answer', id, late]), failed);
      else this.put(['answer', id, result]);
    } catch (error) {
      failed(error);
    }
  }

  private settle(id: number): Pending | undefined {
    const found = this.pending.get(id);
    if (!found) return undefined;
    this.pending.delete(id);
    this.timers.cancel(found.timer);
    return found;
  }

  private put(entry: Entry): void {
    if (this.closed) return;
    this.outbox.push(entry);
    if (this.unsent + this.outbox.length > UNSENT_MAX) {
      this.close();
      this.handlers.stuck();
      return;
    }
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    if (this.closed || this.outbox.length === 0) return;
    const batch = this.outbox;
    const spare = this.outboxSpare;
    this.outbox = [];
    this.outboxSpare = 0;
    this.unsent += batch.length;
    this.port.send(batch, (error) => {
      this.unsent -= batch.length;
      this.spareBytes -= spare;
      if (error) this.close();
    });
  }
}
