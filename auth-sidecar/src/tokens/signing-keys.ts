/** The keys that the sidecar signs tokens of its own with: read again now and then, so that a rotation needs no restart. */
import { generateKeyPairSync } from 'node:crypto';
import { retiredKey, type TokenSigner, tokenSigner } from '@gatehouse/plugins';
import type { BaseEffects, Secrets, TimerHandle } from '@gatehouse/policy';
import { SettingsError, SettingsReader, type Variables } from '../settings-reader.js';

const RELOAD_MS = 60_000;
const RETIRED_MAX = 10;
/** Life of a token for a service, in seconds. */
const SERVICE_TOKEN_SECONDS = 60;

/** Where the keys are, as references for `secrets`. */
export interface SigningSettings {
  readonly issuer: string;
  /** PEM or JWK of a private key; null: one is made up at start. */
  readonly key: string | null;
  /** Public keys that stand in the key set beside it: the next one before a rotation, the last one after it. */
  readonly retired: readonly string[];
}

/** @throws SettingsError */
export function signingSettings(variables: Variables): SigningSettings {
  const reader = new SettingsReader(variables);
  const file = reader.text(['AUTH_SIDECAR_SIGNING_KEY_FILE'], '');
  const retired = reader.list(['AUTH_SIDECAR_RETIRED_KEY_FILES'])?.values ?? [];
  if (retired.length > RETIRED_MAX) reader.missing('AUTH_SIDECAR_RETIRED_KEY_FILES', `takes at most ${RETIRED_MAX} files`);
  if (reader.faults.length > 0) throw new SettingsError(reader.faults);
  const inline = reader.text(['AUTH_SIDECAR_SIGNING_KEY'], '') === '' ? null : 'env:AUTH_SIDECAR_SIGNING_KEY';
  return {
    issuer: reader.text(['AUTH_SIDECAR_ISSUER'], 'gatehouse-auth-sidecar'),
    key: file === '' ? inline : `file:${file}`,
    retired: retired.map((path) => `file:${path}`),
  };
}

const madeUp = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

/** Reads a key and makes something of it; says which one is wrong, never what stands in it. */
function made<T>(reference: string, secrets: Secrets, make: (text: string) => T): T {
  const text = secrets.read(reference);
  try {
    return make(text);
  } catch {
    throw new SettingsError([`${reference}: is no key of a kind that is taken (EC P-256, P-384, P-521, Ed25519, RSA of 2048 bits)`]);
  }
}

export type SigningEffects = Pick<BaseEffects, 'after' | 'cancel' | 'log' | 'now' | 'random' | 'secrets'>;

/** Signs by the present key; its public part and the retired ones are the key set (RFC 7517). */
export class SigningKeys {
  private signer: TokenSigner;
  private timer: TimerHandle;

  /** @throws SettingsError, SecretError for keys that can't be read */
  constructor(
    private readonly settings: SigningSettings,
    private readonly effects: SigningEffects,
  ) {
    this.signer = settings.key === null ? this.makeUp() : this.read(settings.key);
    this.timer = this.later();
  }

  /** JSON; public keys only. */
  get keySet(): string {
    return this.signer.keySet;
  }

  /** A token of a minute's life for one service, in the form of the gateway's `service-token`. */
  serviceToken(audience: string): string {
    const { issuer } = this.settings;
    const iat = Math.floor(this.effects.now() / 1000);
    const jti = Buffer.from(this.effects.random.bytes(16)).toString('base64url');
    return this.signer.sign({ iss: issuer, sub: issuer, aud: audience, iat, nbf: iat, exp: iat + SERVICE_TOKEN_SECONDS, jti });
  }

  close(): void {
    this.effects.cancel(this.timer);
  }

  private makeUp(): TokenSigner {
    this.effects.log('warn', 'AUTH_SIDECAR_SIGNING_KEY_FILE is not set: a key was made up, which no other replica knows');
    return tokenSigner(madeUp(), this.retired());
  }

  private read(reference: string): TokenSigner {
    const retired = this.retired();
    return made(reference, this.effects.secrets, (text) => tokenSigner(text, retired));
  }

  private retired(): object[] {
    return this.settings.retired.map((reference) => made(reference, this.effects.secrets, retiredKey));
  }

  private later(): TimerHandle {
    return this.effects.after(RELOAD_MS, () => {
      if (this.settings.key !== null) this.reload(this.settings.key);
      this.timer = this.later();
    });
  }

  private reload(reference: string): void {
    try {
      this.signer = this.read(reference);
    } catch (error) {
      this.effects.log('error', 'the signing keys can not be read again: those known stay in use', { error: String(error) });
    }
  }
}

/** The process's signing keys, made when first asked for. @throws SettingsError, SecretError */
export function signingKeysOf(deps: SigningEffects & Pick<BaseEffects, 'shared'> & { readonly variables: Variables }): SigningKeys {
  return deps.shared.acquire('auth-sidecar:signing-keys', () => new SigningKeys(signingSettings(deps.variables), deps)).value;
}
