import { type ApiKeyStore, apiKeyOpens, type BaseEffects, ConfigError, definePolicy } from '@gatehouse/policy';
import { CachedDirectory } from './directory.js';
import { create, needs } from './policy.js';
import { type Config, schema } from './schema.js';

export { MemoryApiKeyStore } from './memory-api-key-store.js';

const NAME = 'api-key';

/** What `api-key` uses of the world. */
export interface ApiKeyEffects extends Pick<BaseEffects, 'log' | 'secrets' | 'shared'> {
  readonly apiKeys: ApiKeyStore;
}

function readPeppers(config: Config, secrets: BaseEffects['secrets']): string[] {
  return config.peppers.map((reference, i) => {
    try {
      return secrets.read(reference);
    } catch (error) {
      throw new ConfigError(NAME, [{ path: `peppers[${i}]`, message: error instanceof Error ? error.message : String(error) }]);
    }
  });
}

export const apiKey = definePolicy({
  name: NAME,
  version: '1.0.0',
  priority: 1455,
  summary: 'Keys with scopes for outside integrations; only a keyed hash is stored',
  schema,
  deadlineMs: 1000,
  needs,
  create(config: Config, effects: ApiKeyEffects) {
    const peppers = readPeppers(config, effects.secrets);
    const cacheMs = config.cache_seconds * 1000;
    const directory = effects.shared.acquire(`${NAME}:${cacheMs}`, () => new CachedDirectory(effects.apiKeys, cacheMs, effects));
    const instance = create(config, {
      directory: directory.value,
      opens: (record, secret, now) => apiKeyOpens(record, secret, peppers, now),
      log: effects.log,
    });
    return Object.assign(instance, { close: () => directory.release() });
  },
});
