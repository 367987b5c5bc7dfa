/** The sidecar's dependencies in the real world, for one process. */
import type { EventPublisher } from '@gatehouse/messaging';
import { createRuntime, Keys, RedisConnection, redisSettings } from '@gatehouse/plugins';
import type { Log } from '@gatehouse/policy';
import type { Tracing } from '@gatehouse/telemetry';
import type { Registry } from 'prom-client';
import type { Dependencies, SharedMemory } from './dependencies.js';
import { tracedFetch } from './http/trace.js';
import type { Variables } from './settings.js';

/** Dependencies and their end. */
export interface World {
  readonly deps: Dependencies;
  readonly registry: Registry;
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
  close(): void;
}

/** What a process brings. */
export interface WorldParts {
  readonly variables: Variables;
  readonly log: Log;
  readonly events: EventPublisher;
  readonly tracing: Tracing;
}

/**
 * @throws RedisSettingsError, SecretError when a Redis is named wrongly (at the first use of a system)
 */
export function createWorld({ variables, log, events, tracing }: WorldParts): World {
  const runtime = createRuntime({ log, environment: variables });
  const memories = new Map<string, SharedMemory | null>();
  const connect = (system: string): SharedMemory | null => {
    const settings = redisSettings(variables, runtime.effects.secrets, system);
    return settings && { redis: new RedisConnection(`${system}-sidecar`, settings, runtime.effects), keys: new Keys(system) };
  };
  const sharedMemory = (system: string): SharedMemory | null => {
    const known = memories.get(system);
    if (known !== undefined) return known;
    const made = connect(system);
    memories.set(system, made);
    return made;
  };
  return {
    deps: { ...runtime.effects, events, tracing, variables, fetch: tracedFetch(fetch), sharedMemory },
    registry: runtime.registry,
    metrics: async () => ({ type: runtime.registry.contentType, text: await runtime.registry.metrics() }),
    close: () => {
      for (const memory of memories.values()) memory?.redis.close();
      runtime.close();
    },
  };
}
