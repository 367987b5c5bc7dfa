import {
  type Claims,
  interviewIssuer,
  roleClaims,
  type SecretSystem,
  type System,
  signHs256,
  signRs256,
  systems,
  withTimes,
} from '@gatehouse/testkit';
import type { DevelopmentKey } from './development-key.js';
import { hasDevelopmentSecret, type Settings, type Variables } from './settings.js';

/** How long development tokens hold by default: 12 hours. */
export const defaultTtlSeconds = 12 * 3600;

/** The command line of `token` makes no sense. */
export class TokenUsageError extends Error {
  readonly code = 'DEVSTACK_TOKEN_USAGE';
}

/** What makes tokens. */
export interface TokenMaker {
  readonly settings: Settings;
  readonly variables: Variables;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** interview's key; asked for only when it is needed, as the first use makes it. */
  readonly key: () => DevelopmentKey;
}

/** A token and what there is to say about it. */
export interface MadeToken {
  readonly token: string;
  readonly note: string;
}

const isSystem = (name: string): name is System => (systems as readonly string[]).includes(name);

/**
 * A development token of a system's form.
 * @param extra claims on top of the role's, each replacing one of the same name; `exp` included.
 * @throws TokenUsageError for an unknown system or role, naming those that there are.
 */
export function makeToken(maker: TokenMaker, system: string, role: string, extra: Claims = {}, ttlSeconds = defaultTtlSeconds): MadeToken {
  if (!isSystem(system)) throw new TokenUsageError(`unknown system "${system}": one of ${systems.join(', ')}`);
  const roles = roleClaims[system];
  const own = Object.hasOwn(roles, role) ? roles[role] : undefined;
  if (own === undefined) throw new TokenUsageError(`unknown role "${role}" of ${system}: one of ${Object.keys(roles).join(', ')}`);
  if (system === 'interview')
    return interviewToken(maker, { ...withTimes(own, maker.now, ttlSeconds), ...realm(maker.variables), ...extra });
  const claims = { ...withTimes(own, maker.now, ttlSeconds), ...extra };
  return { token: signHs256(claims, maker.settings.secrets[system]), note: noteOf(maker.settings, system) };
}

function interviewToken({ key }: TokenMaker, claims: Claims): MadeToken {
  const { privateKey, kid } = key();
  return { token: signRs256(claims, privateKey, kid), note: 'signed with the development key of this checkout' };
}

function noteOf(settings: Settings, system: SecretSystem): string {
  return hasDevelopmentSecret(settings, system) ? 'signed with the development secret' : 'signed with the secret of the environment';
}

/** What the environment says of interview's identity provider. */
function realm(variables: Variables): Claims {
  const first = (...names: string[]): string | undefined => names.map((name) => variables[name]).find((value) => value);
  return {
    iss: first('INTERVIEW_KEYCLOAK_ISSUER_URL', 'KEYCLOAK_ISSUER_URL') ?? interviewIssuer,
    aud: first('INTERVIEW_JWT_AUDIENCE', 'JWT_AUDIENCE') ?? 'ai-video-interview-app',
    azp: first('INTERVIEW_KEYCLOAK_CLIENT_ID', 'KEYCLOAK_CLIENT_ID') ?? 'ai-video-interview-app',
  };
}

/**
 * Reads `k=v`; the value is JSON where it can be (`5`, `true`, `["a"]`), else text.
 * @throws TokenUsageError without a name or `=`.
 */
export function parseClaims(pairs: readonly string[]): Claims {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
      if (name === undefined) throw new TokenUsageError(`--claim takes name=value: "${pair}"`);
      return [name, parseValue(value)];
    }),
  );
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Whether this environment is production, where no development token may be made. */
export const isProduction = (variables: Variables): boolean =>
  variables['NODE_ENV'] === 'production' ||
  variables['GONGBU_NODE_ENV'] === 'production' ||
  variables['INTERVIEW_NODE_ENV'] === 'production';
