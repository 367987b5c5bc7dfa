/** Kong's plugin server and policy server in one process: both lanes on one store of chains. */
import type { BaseEffects, Policy } from '@gatehouse/policy';
import { ChainStore } from './chain-store.js';
import { DirectConnection } from './direct-lane.js';
import { type ConnectionHandler, Listener } from './listener.js';
import { MessageStream } from './msgpack.js';
import { FUSED, PdkLane } from './pdk-lane.js';

export interface PolicyServerOptions {
  readonly policies: readonly Policy[];
  readonly effects: BaseEffects;
  /** Paths of sockets for Kong's plugin-server protocol, and for the direct lane. */
  readonly pdkSockets: readonly string[];
  readonly directSockets: readonly string[];
}

/** Decisions under way beyond which requests are refused: Kong answers 503 at once instead of later. */
const ADMITTED_MAX = 10_000;
const MESSAGE_MAX = 64 * 1024 * 1024;
const SWEEP_MS = 60_000;
const DRAIN_STEP_MS = 20;

/** Ids start somewhere else in every process: 46 random bits, so that a sum stays a safe integer. */
function randomId(effects: BaseEffects): number {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = effects.random.bytes(6);
  return ((a & 0x3f) + 1) * 2 ** 40 + b * 2 ** 32 + c * 2 ** 24 + d * 2 ** 16 + e * 2 ** 8 + f;
}

export class PolicyServer {
  /** The chains of both lanes. */
  readonly store: ChainStore;
  private readonly pdk: PdkLane;
  private readonly listeners: Listener[];
  private admitted = 0;
  private draining = false;
  private readonly decisions: { add(labels: readonly string[]): void };
  private readonly refused: { add(labels: readonly string[]): void };

  constructor(private readonly options: PolicyServerOptions) {
    const { effects, policies } = options;
    const names = new Set([FUSED, ...policies.map((policy) => policy.name)]);
    this.store = new ChainStore(new Map(policies.map((policy) => [policy.name, policy])), effects);
    this.decisions = effects.metrics.counter({
      name: 'gatehouse_lane_decisions_total',
      help: 'Requests that a policy server under Kong judged',
      labels: [],
    });
    this.refused = effects.metrics.counter({
      name: 'gatehouse_lane_overloads_total',
      help: 'Requests that were not judged because too many were under way',
      labels: [],
    });
    const common = { store: this.store, log: effects.log, admit: () => this.admit(), done: () => this.done(), now: () => effects.now() };
    this.pdk = new PdkLane({ ...common, serves: (name) => names.has(name), firstId: randomId(effects) });
    const pdkHandler = (write: (text: string) => void): ConnectionHandler => this.pdkConnection(write);
    const directHandler = (write: (text: string) => void): ConnectionHandler => new DirectConnection(common, write);
    this.listeners = [
      ...options.pdkSockets.map((path) => new Listener({ path, handle: pdkHandler, log: effects.log })),
      ...options.directSockets.map((path) => new Listener({ path, handle: directHandler, log: effects.log })),
    ];
  }

  /** Listens on all sockets. @throws when one can't be listened on */
  async start(): Promise<void> {
    for (const listener of this.listeners) await listener.start();
    this.scheduleSweep();
  }

  /** Whether requests can come: every socket is there and is this process's, and it is not on its way out. */
  get ready(): boolean {
    return !this.draining && this.listeners.every((listener) => listener.current);
  }

  /** What the health answer tells. */
  status(): Record<string, number | boolean> {
    return {
      ready: this.ready,
      pid: process.pid,
      underWay: this.admitted,
      chains: this.store.size,
      instances: this.pdk.instanceCount,
      awaitingOutcome: this.store.pending.size,
      outcomesLost: this.store.pending.lost,
      connections: this.listeners.reduce((sum, listener) => sum + listener.connectionCount, 0),
    };
  }

  /** Takes nothing new, finishes what is under way, at most for `ms`. */
  async drain(ms: number): Promise<void> {
    this.draining = true;
    for (const listener of this.listeners) listener.drain();
    const end = this.options.effects.monotonic() + ms;
    while (this.admitted > 0 && this.options.effects.monotonic() < end) {
      await new Promise<void>((resolve) => void setTimeout(resolve, DRAIN_STEP_MS));
    }
    for (const listener of this.listeners) listener.destroy();
    this.store.close();
  }

  private pdkConnection(write: (text: string) => void): ConnectionHandler {
    const stream = new MessageStream(MESSAGE_MAX);
    let owed = 0;
    const send = (frame: string): void => {
      owed--;
      write(frame);
    };
    return {
      get busy() {
        return owed > 0;
      },
      push: (piece) =>
        stream.push(piece, (message) => {
          owed++;
          this.pdk.message(message, send);
        }),
    };
  }

  private admit(): boolean {
    if (this.admitted >= ADMITTED_MAX) {
      this.refused.add([]);
      return false;
    }
    this.admitted++;
    this.decisions.add([]);
    return true;
  }

  private done(): void {
    this.admitted--;
  }

  private scheduleSweep(): void {
    const { effects } = this.options;
    effects.after(SWEEP_MS, () => {
      const now = effects.now();
      this.store.sweep(now);
      this.store.pending.sweep(now);
      this.pdk.sweep(now);
      if (!this.draining) this.scheduleSweep();
    });
  }
}
