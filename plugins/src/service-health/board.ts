/** Checks services in the background, all at once, round after round. */
import type { BaseEffects, MaybePromise, TimerHandle } from '@gatehouse/policy';
import type { HealthBoard, HealthReport, ServiceState } from './policy.js';
import { reportedChecks } from './reported-checks.js';
import type { Config } from './schema.js';

/** How one service is asked. */
export interface HealthProbe {
  /**
   * Asks for an address.
   * @returns the status and at most `maxBytes` of the body
   * @throws when there is no answer within `timeoutMs`
   */
  get(url: string, options: { readonly timeoutMs: number; readonly maxBytes: number }): Promise<{ status: number; text: string }>;
  /** Settles when a system's Redis answers; rejects when it does not in time, and when there is none. */
  pingRedis(system: string): Promise<void>;
}

export interface BoardEffects extends Pick<BaseEffects, 'now' | 'monotonic' | 'after' | 'cancel' | 'log' | 'metrics'> {
  readonly probe: HealthProbe;
}

const DOCUMENT_MAX = 65_536;

type Service = Config['services'][number];

export class Board implements HealthBoard {
  private last: HealthReport | null = null;
  private readonly first: Promise<HealthReport>;
  private timer: TimerHandle | null = null;
  private closed = false;
  private readonly up: { set(labels: readonly string[], value: number): void };
  private readonly response: { set(labels: readonly string[], value: number): void };

  constructor(
    private readonly config: Config,
    private readonly effects: BoardEffects,
  ) {
    const labels = ['system', 'service'];
    // Every process checks for itself: one that can't reach a service is worth knowing.
    this.up = effects.metrics.gauge({ name: 'gatehouse_service_up', help: '1 when the last health check passed', labels, across: 'min' });
    this.response = effects.metrics.gauge({
      name: 'gatehouse_service_response_seconds',
      help: 'Time that the last health check took',
      labels,
      across: 'max',
    });
    this.first = this.round();
  }

  report(): MaybePromise<HealthReport> {
    return this.last ?? this.first;
  }

  close(): void {
    this.closed = true;
    if (this.timer) this.effects.cancel(this.timer);
  }

  private async round(): Promise<HealthReport> {
    const before = this.last;
    const services = await Promise.all(this.config.services.map((service) => this.check(service)));
    this.last = { at: this.effects.now(), services };
    this.tell(before, services);
    if (!this.closed) this.timer = this.effects.after(this.config.interval_seconds * 1000, () => void this.round());
    return this.last;
  }

  private async check(service: Service): Promise<ServiceState> {
    const since = this.effects.monotonic();
    const checks = await this.ask(service).catch(() => undefined);
    return { name: service.name, up: checks !== undefined, responseMs: this.effects.monotonic() - since, checks: checks ?? null };
  }

  /** What the service says about its parts; rejects when it is down. */
  private async ask({ kind, url, path }: Service): Promise<ServiceState['checks']> {
    const { probe } = this.effects;
    if (kind === 'redis') {
      await this.inTime(probe.pingRedis(this.config.system ?? ''));
      return null;
    }
    const targets = url!.split(',').map((base) => base.trim().replace(/\/$/, '') + path);
    return Promise.any(targets.map((target) => this.get(target)));
  }

  private inTime(asked: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.effects.after(this.config.timeout_ms, () => reject(new Error('no answer in time')));
      asked.then(resolve, reject).finally(() => this.effects.cancel(timer));
    });
  }

  private async get(target: string): Promise<ServiceState['checks']> {
    const { status, text } = await this.effects.probe.get(target, { timeoutMs: this.config.timeout_ms, maxBytes: DOCUMENT_MAX });
    if (status < 200 || status > 299) throw new Error(`the answer was ${status}`);
    return reportedChecks(text);
  }

  private tell(before: HealthReport | null, services: readonly ServiceState[]): void {
    const system = this.config.system ?? '';
    for (const [i, state] of services.entries()) {
      this.up.set([system, state.name], state.up ? 1 : 0);
      this.response.set([system, state.name], state.responseMs / 1000);
      const was = before?.services[i]?.up ?? true;
      if (was === state.up) continue;
      this.effects.log(state.up ? 'info' : 'error', state.up ? 'a service is up again' : 'a service is down', {
        system,
        service: state.name,
      });
    }
  }
}
