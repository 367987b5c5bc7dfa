/** What every runtime offers to policies, made for one process. */
import { randomBytes } from 'node:crypto';
import type { BaseEffects, Log, Timers } from '@gatehouse/policy';
import { Registry } from 'prom-client';
import { type FetchText, fetchText } from '../jwt-auth/index.js';
import { type StoreEffects, storeEffects } from '../stores/index.js';
import { metricsOn } from './metrics.js';
import { secretsFrom } from './secrets.js';
import { SharedState } from './shared.js';

export interface RuntimeOptions {
  readonly log: Log;
  /** What secrets named `env:…` stand for. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Unix milliseconds. */
  now?(): number;
}

/** All that the policies of this repository ask of the world. */
export type RuntimeEffects = BaseEffects & StoreEffects & { readonly fetchText: FetchText };

export interface Runtime {
  readonly effects: RuntimeEffects;
  /** All metrics of policies. */
  readonly registry: Registry;
  close(): void;
}

const timers: Timers = {
  after: (ms, run) => setTimeout(run, ms).unref(),
  cancel: (handle) => clearTimeout(handle as NodeJS.Timeout),
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
  const stores = storeEffects(options.environment, base);
  const close = (): void => {
    shared.close();
    stores.close();
  };
  return { effects: { ...base, ...stores.effects, fetchText }, registry, close };
}
