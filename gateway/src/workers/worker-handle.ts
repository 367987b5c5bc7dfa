/** A worker as the first process sees it. */
import type { Timers } from '@gatehouse/policy';
import { Channel, type ChannelHandlers, type Port } from './channel.js';

/** A worker's process. */
export interface Child extends Port {
  readonly pid: number;
  onMessage(heard: (message: unknown) => void): void;
  /** Told once, with what it ended by. */
  onExit(ended: (code: number | null, signal: string | null) => void): void;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export type WorkerState =
  /** Has no configuration yet. */
  | 'loading'
  /** Was told to listen; takes part in reloads. */
  | 'loaded'
  /** Serves. */
  | 'ready'
  | 'ended';

const PING_EVERY_MS = 5000;
/** A worker whose event loop stands still for so long is ended: its share of new connections would wait for nothing. */
const PING_DEADLINE_MS = 30_000;

export class WorkerHandle {
  readonly channel: Channel;
  state: WorkerState = 'loading';
  private pinging: object | null = null;

  /** @param asks what the worker says and asks, with its number */
  constructor(
    readonly number: number,
    readonly child: Child,
    asks: (worker: WorkerHandle) => Omit<ChannelHandlers, 'stuck'>,
    private readonly timers: Timers,
    ended: (worker: WorkerHandle, why: string) => void,
  ) {
    this.channel = new Channel(child, { ...asks(this), stuck: () => child.kill('SIGKILL') }, timers);
    child.onMessage((message) => this.channel.receive(message));
    child.onExit((code, signal) => {
      this.state = 'ended';
      this.channel.close();
      if (this.pinging) timers.cancel(this.pinging);
      ended(this, signal ?? `code ${code}`);
    });
    this.ping();
  }

  /** Has a configuration, and must get every other. */
  get takesPart(): boolean {
    return this.state === 'loaded' || this.state === 'ready';
  }

  private ping(): void {
    this.pinging = this.timers.after(PING_EVERY_MS, () => {
      this.channel.call('ping', null, PING_DEADLINE_MS).then(
        () => this.state !== 'ended' && this.ping(),
        () => this.child.kill('SIGKILL'),
      );
    });
  }
}
