/** What every runtime offers to policies, made for one process. */
import { randomBytes } from 'node:crypto';
import type { BaseEffects, Log, Timers } from '@gatehouse/policy';
import { Registry } from 'prom-client';
import { type FetchText, fetchText } from '../jwt-auth/index.js';
import { httpGet, type ServiceHealthEffects } from '../service-health/index.js';
import { type MakeMemoryStores, type StoreEffects, storeEffects } from '../stores/index.js';
import { registryFamilies, type TelemetryEffects } from '../telemetry/index.js';
import { LineWriter } from './line-writer.js';
import { metricsOn } from './metrics.js';
import { secretsFrom } from './secrets.js';
import { SharedState } from './shared.js';

export interface RuntimeOptions {
  readonly log: Log;
  /** What secrets named `env:…` stand for. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Unix milliseconds. */
  now?(): number;
  /** Takes the access log's lines. Default: they are written to stderr, some at a time. */
  accessLog?(line: string): void;
  /** Metrics of the other processes that serve the same gateway, for `/metrics`. Default: there are none. */
  otherMetrics?: TelemetryEffects['metricFamilies'];
  /** Makes the stores of systems with no Redis. Default: in this process. */
  memoryStores?: MakeMemoryStores;
}

/** All that the policies of this repository ask of the world. */
export type RuntimeEffects = BaseEffects & StoreEffects & ServiceHealthEffects & TelemetryEffects & { readonly fetchText: FetchText };

export interface Runtime {
  readonly effects: RuntimeEffects;
  /** All metrics of policies. */
  readonly registry: Registry;
  close(): void;
}

/** A timer that lets sockets be read first: after a pause of the whole process an answer that came in time is still one. */
class Later {
  private readonly timer: NodeJS.Timeout;
  private cancelled = false;

  constructor(ms: number, run: () => void) {
    const settled = (): void => void (this.cancelled || run());
    this.timer = setTimeout(() => setImmediate(settled), ms).unref();
  }

  cancel(): void {
    this.cancelled = true;
    clearTimeout(this.timer);
  }
}

const timers: Timers = {
  after: (ms, run) => new Later(ms, run),
  cancel: (handle) => (handle as Later).cancel(),
};

/** The real world, for one process. */
export function createRuntime(options: RuntimeOptions): Runtime {
  const registry = new Registry();
  const shared = new SharedState(timers);
  const base: BaseEffects = {
    ...timers,
    now: options.now ?? Date.now,
    monotonic: () => performance.now(),
    log: options.log,
    random: { bytes: (length) => randomBytes(length) },
    secrets: secretsFrom(options.environment),
    metrics: metricsOn(registry),
    shared,
  };
  const stores = storeEffects(options.environment, base, options.memoryStores);
  const lines = options.accessLog ? null : new LineWriter((text) => process.stderr.write(text), base);
  const probe: ServiceHealthEffects['probe'] = {
    get: httpGet,
    pingRedis: async (system) => {
      const { ping } = stores.effects.stores(system);
      // With none named nothing is kept there, so nothing is down.
      await ping?.();
    },
  };
  const effects: RuntimeEffects = {
    ...base,
    ...stores.effects,
    fetchText,
    probe,
    accessLog: options.accessLog ?? ((line) => lines!.write(line)),
    metricFamilies: async () => [await registryFamilies(registry), ...((await options.otherMetrics?.()) ?? [])],
  };
  const close = (): void => {
    shared.close();
    stores.close();
    lines?.flush();
  };
  return { effects, registry, close };
}
