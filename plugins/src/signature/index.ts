import { type BaseEffects, ConfigError, definePolicy } from '@gatehouse/policy';
import { fawry } from './fawry.js';
import { httpSignature } from './http-signature.js';
import { paymob } from './paymob.js';
import { create, needs, type Scheme, type SignatureEffects } from './policy.js';
import { type Config, schema } from './schema.js';
import { standardWebhooks, type WebhookKey, webhookKey } from './standard-webhooks.js';

export { MemoryReplayStore, ReplayStoreFullError } from './memory-replay-store.js';
export type { SignatureEffects } from './policy.js';

const NAME = 'signature';
const HMAC_KEY_MIN = 32;

const fault = (index: number, field: string, message: string): ConfigError =>
  new ConfigError(NAME, [{ path: `keys[${index}].${field}`, message }]);

type Secrets = BaseEffects['secrets'];

function secretOf(secrets: Secrets, reference: string, index: number): string {
  try {
    return secrets.read(reference);
  } catch (error) {
    throw fault(index, 'secret', error instanceof Error ? error.message : String(error));
  }
}

function webhookKeys(texts: readonly string[]): WebhookKey[] {
  return texts.map((text, i) => {
    const key = webhookKey(text);
    if (typeof key === 'string') throw fault(i, 'secret', key);
    return key;
  });
}

function keysById(config: Config, texts: readonly string[]): Map<string, Buffer[]> {
  const keys = new Map<string, Buffer[]>();
  for (const [i, { id }] of config.keys.entries()) {
    const secret = Buffer.from(texts[i]!);
    if (id === undefined) throw fault(i, 'id', 'is required for hmac: clients name their key by it');
    if (secret.length < HMAC_KEY_MIN) throw fault(i, 'secret', `must be at least ${HMAC_KEY_MIN} bytes`);
    keys.set(id, [...(keys.get(id) ?? []), secret]);
  }
  return keys;
}

/** The configured scheme with its keys read. */
function schemeFor(config: Config, secrets: Secrets): Scheme {
  const texts = config.keys.map((key, i) => secretOf(secrets, key.secret, i));
  const toleranceMs = config.tolerance_seconds * 1000;
  switch (config.scheme) {
    case 'fawry':
      return fawry(texts.map((text) => Buffer.from(text)));
    case 'paymob':
      return paymob(texts.map((text) => Buffer.from(text)));
    case 'standard-webhooks':
      return standardWebhooks(webhookKeys(texts), toleranceMs);
    case 'hmac':
      return httpSignature({ keys: keysById(config, texts), toleranceMs, headers: config.headers.map((name) => name.toLowerCase()) });
  }
}

/** The headers that a scheme reads, without its keys. */
function headersOf(config: Config): readonly string[] {
  if (config.scheme === 'standard-webhooks') return standardWebhooks([], 0).headers;
  if (config.scheme !== 'hmac') return [];
  return httpSignature({ keys: new Map(), toleranceMs: 0, headers: config.headers.map((name) => name.toLowerCase()) }).headers;
}

export const signature = definePolicy({
  name: NAME,
  version: '1.0.0',
  priority: 1460,
  summary: 'Is it signed by whom it should be, and for the first time: Fawry, Paymob, Standard Webhooks, HMAC request signing',
  schema,
  deadlineMs: 120_000,
  needs: (config: Config) => needs(config, headersOf(config)),
  create: (config: Config, effects: SignatureEffects & Pick<BaseEffects, 'secrets'>) =>
    create(config, schemeFor(config, effects.secrets), effects),
});
