import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Somebody who can sign in. */
export interface RealmUser {
  /** The token's `sub`. */
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly roles: readonly string[];
  readonly password: string;
}

/** The application that people sign in to. */
export interface RealmClient {
  readonly id: string;
  readonly name: string;
  /** Undefined: a public client, which only PKCE protects. */
  readonly secret: string | undefined;
  readonly redirectUris: readonly string[];
  readonly postLogoutUris: readonly string[];
  readonly backchannelLogoutUri: string;
  /** `aud` of access tokens. */
  readonly audience: string;
}

/** Seconds. */
export interface RealmLifetimes {
  readonly accessToken: number;
  readonly code: number;
  readonly logIn: number;
  /** How long a session lasts without a refresh; a refresh token is as good. */
  readonly sessionIdle: number;
  readonly sessionMax: number;
}

/** What a realm file of Keycloak says, as far as the embedded provider does the same. */
export interface Realm {
  readonly name: string;
  readonly displayName: string;
  readonly users: readonly RealmUser[];
  readonly client: RealmClient;
  readonly lifetimes: RealmLifetimes;
  /** How often a refresh token is good beyond its first use: an answer may get lost on its way. */
  readonly refreshReuses: number;
}

/** Looks a variable up; undefined where it has no value. */
export type Variable = (name: string) => string | undefined;

/** The realm file is not one that the embedded provider can play. */
export class RealmError extends Error {
  readonly code = 'REALM_INVALID';
}

const seconds = z.int().positive();
const clientSchema = z.object({
  clientId: z.string().min(1),
  name: z.string(),
  publicClient: z.literal(false),
  secret: z.string(),
  redirectUris: z.array(z.url()).min(1),
  attributes: z.object({ 'post.logout.redirect.uris': z.string(), 'backchannel.logout.url': z.url() }),
  protocolMappers: z.array(z.object({ config: z.object({ 'included.client.audience': z.string() }) })).min(1),
});
const userSchema = z.object({
  id: z.string().min(1),
  username: z.string().min(1),
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  realmRoles: z.array(z.string()),
  credentials: z.array(z.object({ value: z.string().min(1) })).min(1),
});
const schema = z.object({
  realm: z.string().min(1),
  displayName: z.string(),
  accessTokenLifespan: seconds,
  accessCodeLifespan: seconds,
  accessCodeLifespanLogin: seconds,
  ssoSessionIdleTimeout: seconds,
  ssoSessionMaxLifespan: seconds,
  revokeRefreshToken: z.literal(true),
  refreshTokenMaxReuse: z.int().min(0).max(10),
  clients: z.array(clientSchema).length(1),
  users: z.array(userSchema).min(1),
});

/** The realm file that is also imported into a real Keycloak. */
export const realmFile = new URL('../../keycloak/realm.json', import.meta.url);

/**
 * Reads a realm file. `${NAME:default}` in it takes a variable's value, as Keycloak's import does.
 * @throws RealmError naming every member that is missing or wrong
 */
export function readRealm(variable: Variable, text = readFileSync(realmFile, 'utf8')): Realm {
  const filled = text.replaceAll(/\$\{(\w+):([^}]*)\}/g, (_, name: string, fallback: string) =>
    JSON.stringify(variable(name) ?? fallback).slice(1, -1),
  );
  const parsed = schema.safeParse(parse(filled));
  if (!parsed.success) throw new RealmError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
  return realmOf(parsed.data);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RealmError(`the realm is no JSON: ${(error as Error).message}`);
  }
}

function realmOf(data: z.infer<typeof schema>): Realm {
  const client = data.clients[0]!;
  return {
    name: data.realm,
    displayName: data.displayName,
    users: data.users.map(({ realmRoles, credentials, ...user }) => ({ ...user, roles: realmRoles, password: credentials[0]!.value })),
    client: {
      id: client.clientId,
      name: client.name,
      secret: client.secret || undefined,
      redirectUris: client.redirectUris,
      postLogoutUris: client.attributes['post.logout.redirect.uris'].split('##').filter((uri) => uri !== ''),
      backchannelLogoutUri: client.attributes['backchannel.logout.url'],
      audience: client.protocolMappers[0]!.config['included.client.audience'],
    },
    lifetimes: {
      accessToken: data.accessTokenLifespan,
      code: data.accessCodeLifespan,
      logIn: data.accessCodeLifespanLogin,
      sessionIdle: data.ssoSessionIdleTimeout,
      sessionMax: data.ssoSessionMaxLifespan,
    },
    refreshReuses: data.refreshTokenMaxReuse,
  };
}
