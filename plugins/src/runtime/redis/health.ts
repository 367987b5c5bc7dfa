/** Whether Redis is worth waiting for: found out by what happens to commands, and by asking it while it is not. */
import type { BaseEffects, TimerHandle } from '@gatehouse/policy';

export type HealthEffects = Pick<BaseEffects, 'after' | 'cancel' | 'log' | 'metrics' | 'monotonic'>;

/** What health does to the connection. */
export interface Patient {
  /** One PING within the command deadline; false when nothing came back in time. */
  ping(): Promise<boolean>;
  /** Ends the connection, which is made anew. */
  reconnect(): void;
}

/** Deadlines missed in a row before commands stop waiting. */
const MISSES_MAX = 3;
const PROBE_MIN_MS = 50;
const PROBE_MAX_MS = 1000;
/** A connection that answers nothing for so long is made anew: its peer may be gone without a word. */
const SILENT_MAX_MS = 5000;

const GAUGE = { name: 'gatehouse_redis_up', help: 'Whether Redis answers in time (1) or is left aside (0)', labels: ['redis'] };

/** `starting`: never connected yet, commands wait for that within their deadline. */
export type HealthState = 'starting' | 'up' | 'down';

/** The state machine: starting → up ⇄ down, with the metric and the log lines of its changes. */
export class Health {
  state: HealthState = 'starting';
  private misses = 0;
  private probe: TimerHandle | null = null;
  private probeMs = PROBE_MIN_MS;
  private connectedAt: number | null = null;
  private readonly gauge: { set(labels: readonly string[], value: number): void };
  private readonly listeners = new Set<() => void>();

  /** @param name for the metric and the log: the system's */
  constructor(
    private readonly name: string,
    private readonly patient: Patient,
    private readonly effects: HealthEffects,
  ) {
    this.gauge = effects.metrics.gauge(GAUGE);
    this.gauge.set([name], 0);
  }

  /** Calls back each time Redis is there (again). */
  onUp(listener: () => void): { close(): void } {
    this.listeners.add(listener);
    return { close: () => void this.listeners.delete(listener) };
  }

  /** A command that a request waits for was answered in time. */
  answered(): void {
    this.misses = 0;
  }

  /** A command missed its deadline. */
  missed(): void {
    this.misses++;
    if (this.misses >= MISSES_MAX && this.state === 'up') this.down('it answers too late');
  }

  /** The connection stands; what it is worth, a PING tells. */
  connected(): void {
    this.connectedAt = this.effects.monotonic();
    this.probeMs = PROBE_MIN_MS;
    this.ask();
  }

  /** The connection is lost, or was never there. */
  lost(why: string): void {
    this.connectedAt = null;
    this.stopProbing();
    this.down(why);
  }

  /** Nothing is waited for any more. */
  close(): void {
    this.state = 'down';
    this.connectedAt = null;
    this.stopProbing();
    this.listeners.clear();
  }

  private down(why: string): void {
    const before = this.state;
    this.state = 'down';
    this.gauge.set([this.name], 0);
    if (before !== 'down') this.effects.log('error', 'Redis is away', { redis: this.name, why });
    if (this.connectedAt !== null && before !== 'down') this.ask();
  }

  private up(): void {
    const before = this.state;
    this.state = 'up';
    this.misses = 0;
    this.gauge.set([this.name], 1);
    if (before !== 'up') this.effects.log('info', before === 'down' ? 'Redis is back' : 'Redis is there', { redis: this.name });
    for (const listener of [...this.listeners]) listener();
  }

  private ask(): void {
    this.stopProbing();
    const asked = this.effects.monotonic();
    this.patient.ping().then((fine) => this.told(fine, asked));
  }

  private told(fine: boolean, asked: number): void {
    // The connection was lost, or made anew, since this was asked.
    if (this.connectedAt === null || this.connectedAt > asked) return;
    if (fine) {
      if (this.state !== 'up') this.up();
      return;
    }
    if (this.state !== 'down') this.down('it answers no PING in time');
    if (this.effects.monotonic() - this.connectedAt > SILENT_MAX_MS) {
      this.patient.reconnect();
      return;
    }
    this.stopProbing();
    this.probe = this.effects.after(this.probeMs, () => this.ask());
    this.probeMs = Math.min(this.probeMs * 2, PROBE_MAX_MS);
  }

  private stopProbing(): void {
    if (this.probe !== null) this.effects.cancel(this.probe);
    this.probe = null;
  }
}
