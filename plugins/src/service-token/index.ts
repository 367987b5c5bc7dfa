import { type BaseEffects, ConfigError, definePolicy } from '@gatehouse/policy';
import { create } from './policy.js';
import { type Config, schema } from './schema.js';
import { retiredKey, tokenSigner } from './signer.js';

export type { TokenSigner } from './policy.js';
export { retiredKey, tokenSigner } from './signer.js';

const NAME = 'service-token';

/** What `service-token` uses of the world. */
export type ServiceTokenEffects = Pick<BaseEffects, 'secrets' | 'random'>;

/** Reads a secret and makes something of it; the field is named when that fails, what stands in the secret is not. */
function made<T>(path: string, reference: string, secrets: BaseEffects['secrets'], make: (text: string) => T): T {
  try {
    return make(secrets.read(reference));
  } catch (error) {
    const known = error instanceof Error && 'reference' in error;
    throw new ConfigError(NAME, [{ path, message: known ? error.message : 'is no key of a kind that is taken' }]);
  }
}

export const serviceToken = definePolicy({
  name: NAME,
  version: '1.0.0',
  priority: 780,
  summary: 'A short-lived token, signed by the gateway, for the service behind',
  schema,
  deadlineMs: 100,
  needs: () => ({}),
  create(config: Config, { secrets, random }: ServiceTokenEffects) {
    const retired = config.retired.map((reference, i) => made(`retired[${i}]`, reference, secrets, retiredKey));
    const signer = made('key', config.key, secrets, (text) => tokenSigner(text, retired));
    return create(config, { signer, randomBytes: (length) => random.bytes(length) });
  },
});
