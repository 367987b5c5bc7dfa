/** The breaker of one service in this process: closed, open or half-open, told of and by the other nodes. */
import type { BaseEffects, BreakerRecord, BreakerState, BreakerStore } from '@gatehouse/policy';
import { Generation, type Thresholds, type Ticket } from './generation.js';

export type BreakerEffects = Pick<BaseEffects, 'now' | 'log'>;

/** A request that was let through. */
export interface Admission {
  readonly generation: Generation;
  /** Null where outcomes don't matter: an operator holds the breaker closed. */
  readonly ticket: Ticket | null;
  readonly probe: boolean;
}

/** A request that was not: milliseconds until another try makes sense. */
export interface Rejection {
  readonly retryMs: number;
}

export type Admitted = Admission | Rejection;

/** How long a node that was not given the probe waits before it asks again. */
const ASK_AGAIN_MS = 250;

interface Probe {
  readonly owner: string;
  /** When another one may be sent. */
  readonly until: number;
}

/** State, the probe that is under way, and what was not told yet; admits requests and hears of their outcomes. */
export class ServiceBreaker {
  state: BreakerState = 'closed';
  private forced = false;
  /** When an open breaker may be tried, or a forced state ends. */
  private until = 0;
  private generation: Generation;
  private probe: Probe | null = null;
  private asking = false;
  private askAgainAt = 0;
  /** The last change here did not reach the other nodes. */
  private untold = false;

  /**
   * @param probeMs how long a probe may take before another is sent
   * @param changed told of every change, for the gauge
   */
  constructor(
    readonly service: string,
    private thresholds: Thresholds,
    private probeMs: number,
    private readonly store: BreakerStore,
    private readonly effects: BreakerEffects,
    private readonly changed: (state: BreakerState) => void,
  ) {
    this.generation = this.newGeneration(false);
    this.changed('closed');
    this.register();
  }

  /** Takes other thresholds in use. What was counted so far is forgotten. */
  configure(thresholds: Thresholds, probeMs: number): void {
    if (JSON.stringify([thresholds, probeMs]) === JSON.stringify([this.thresholds, this.probeMs])) return;
    this.thresholds = thresholds;
    this.probeMs = probeMs;
    if (this.state === 'closed') this.renew(false);
  }

  /**
   * Lets a request through, or not. Asks the other nodes only when it may be the one that tries an open service again.
   * @param owner the request
   */
  admit(owner: string, now: number): Admitted | Promise<Admitted> {
    if (this.forced) return this.admitForced(owner, now);
    if (this.state === 'closed') return { generation: this.generation, ticket: this.generation.admit(now), probe: false };
    if (now < this.until) return { retryMs: this.until - now };
    if (this.asking || now < this.askAgainAt || (this.probe !== null && now < this.probe.until)) return { retryMs: 1000 };
    return this.tryProbe(owner, now);
  }

  /** The request has its outcome. */
  conclude({ generation, ticket }: Admission, failed: boolean, now: number): void {
    if (ticket === null || generation !== this.generation) return;
    generation.rotate(now);
    if (failed) ticket.fail();
    else ticket.succeed();
  }

  /** The request never came to the service, or nobody knows what became of it: another one may try at once. */
  abandon({ generation, probe }: Admission): void {
    if (!probe || generation !== this.generation) return;
    this.freeProbe();
    this.move('open', this.effects.now());
  }

  /** What another node or an operator says; null: read it again. */
  heard(record: BreakerRecord | null): void {
    if (record === null) return this.readAgain();
    const now = this.effects.now();
    const until = record.remainingMs === null ? Number.POSITIVE_INFINITY : now + record.remainingMs;
    this.forced = record.forced;
    this.untold = false;
    this.freeProbe();
    this.move(record.state, record.state === 'half-open' ? now : until);
  }

  close(): void {
    this.freeProbe();
    this.generation.close();
  }

  private admitForced(owner: string, now: number): Admitted | Promise<Admitted> {
    if (now >= this.until) {
      this.forced = false;
      return this.admit(owner, now);
    }
    if (this.state === 'closed') return { generation: this.generation, ticket: null, probe: false };
    return { retryMs: Math.min(this.until - now, this.thresholds.resetMs) };
  }

  private async tryProbe(owner: string, now: number): Promise<Admitted> {
    this.asking = true;
    const { generation } = this;
    let leased = true;
    try {
      leased = await this.store.lease(this.service, owner, this.probeMs);
    } catch {
      // Nobody can be asked: this node tries on its own, else nothing would ever close again.
    }
    this.asking = false;
    const then = this.effects.now();
    if (generation !== this.generation) {
      // Something was heard in the meantime.
      if (leased) this.release(owner);
      return this.admit(owner, then);
    }
    if (!leased) {
      this.askAgainAt = then + ASK_AGAIN_MS;
      return { retryMs: 1000 };
    }
    this.probe = { owner, until: now + this.probeMs };
    this.move('half-open', then);
    this.tell(0);
    return { generation: this.generation, ticket: this.generation.admit(then), probe: true };
  }

  /** Changes the state; every change starts a generation. */
  private move(state: BreakerState, until: number): void {
    const before = this.state;
    this.state = state;
    this.until = until;
    this.renew(state === 'half-open');
    if (before === state) return;
    this.changed(state);
    this.effects.log(state === 'closed' ? 'info' : 'warn', `circuit breaker is ${state}`, { breaker: this.service, forced: this.forced });
  }

  private renew(halfOpen: boolean): void {
    this.generation.close();
    this.generation = this.newGeneration(halfOpen);
  }

  private newGeneration(halfOpen: boolean): Generation {
    const made: Generation = new Generation(
      this.thresholds,
      halfOpen,
      (state) => {
        if (made === this.generation) this.decided(state);
      },
      this.effects.now(),
    );
    return made;
  }

  /** This node's own outcomes changed the state. */
  private decided(state: 'open' | 'closed'): void {
    const { resetMs } = this.thresholds;
    this.freeProbe();
    this.move(state, state === 'open' ? this.effects.now() + resetMs : 0);
    this.tell(state === 'open' ? resetMs : 0);
  }

  private tell(remainingMs: number): void {
    const record: BreakerRecord = { service: this.service, state: this.state, remainingMs, forced: false };
    this.untold = false;
    this.store.tell(record).then(
      (holds) => {
        if (holds.forced) this.heard(holds);
      },
      () => {
        this.untold = true;
      },
    );
  }

  /** Something may have been missed. What this node could not tell is told now; else what the others know holds. */
  private readAgain(): void {
    if (this.untold && !this.forced) return this.tell(Math.max(0, this.until - this.effects.now()));
    this.store.read(this.service).then(
      (record) => {
        if (record && (record.forced || record.state !== this.state)) this.heard(record);
        else if (!record && this.forced) this.heard({ service: this.service, state: 'closed', remainingMs: 0, forced: false });
      },
      () => undefined,
    );
  }

  private register(): void {
    this.store.register(this.service).catch(() => undefined);
    this.readAgain();
  }

  private freeProbe(): void {
    if (this.probe === null) return;
    this.release(this.probe.owner);
    this.probe = null;
  }

  private release(owner: string): void {
    this.store.release(this.service, owner).catch(() => undefined);
  }
}
