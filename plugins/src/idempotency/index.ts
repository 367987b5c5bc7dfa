import { type BaseEffects, ConfigError, definePolicy, type IdempotencyStore, type RedisFields } from '@gatehouse/policy';
import { create, needs } from './policy.js';
import { type Config, schema } from './schema.js';

const NAME = 'idempotency';

/** What `idempotency` uses of the world. */
export interface IdempotencyWorld extends Pick<BaseEffects, 'now' | 'log' | 'after'> {
  /** @throws an error whose message names the variable, for a Redis that is named wrongly */
  stores(system: string, redis?: RedisFields): { readonly idempotency: IdempotencyStore };
}

export const idempotency = definePolicy({
  name: NAME,
  version: '1.0.0',
  priority: 785,
  summary: 'Once, however often it is asked: the first answer under an Idempotency-Key is the answer',
  schema,
  // A slow client may take its time to send the body; the store ends by the deadline of Redis.
  deadlineMs: 120_000,
  needs,
  create(config: Config, world: IdempotencyWorld) {
    const storeOf = (system: string): IdempotencyStore => world.stores(system, config.redis).idempotency;
    try {
      if (config.system !== undefined) storeOf(config.system);
    } catch (error) {
      throw new ConfigError(NAME, [{ path: 'redis', message: error instanceof Error ? error.message : String(error) }]);
    }
    return create(config, { now: () => world.now(), log: world.log, after: (ms, run) => world.after(ms, run), storeOf });
  },
});
