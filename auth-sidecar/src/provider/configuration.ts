import { randomBytes } from 'node:crypto';
import Provider, { type Configuration, type FindAccount, type KoaContextWithOIDC } from 'oidc-provider';
import type { SigningKey } from './keys.js';
import { faultPage, logoutPage, signedOutPage } from './pages.js';
import type { Realm, RealmUser } from './realm.js';
import type { ProviderStore } from './store.js';
import type { Page } from './style.js';

/** What a provider is made of; all but the keys outlives a change of keys. */
export interface ProviderParts {
  readonly issuer: string;
  readonly realm: Realm;
  readonly store: ProviderStore;
  /** The first one signs, the others are still shown. */
  readonly keys: readonly SigningKey[];
  readonly cookieKey: string;
  /** Sends a logout token (OIDC Back-Channel Logout 1.0, section 2.5). */
  readonly sendLogout: (options: RequestInit) => Promise<Response>;
}

/** Any secret for cookies; a new one ends every session. */
export const makeCookieKey = (): string => randomBytes(32).toString('base64url');

/** Names the one resource server: access tokens are JWTs for it. The audience in the token is the realm's. */
const RESOURCE = 'urn:gatehouse:interview';
const SCOPE = 'openid profile email';

const paths = '/protocol/openid-connect';

/** Below the issuer, as Keycloak has them. */
const routes = {
  authorization: `${paths}/auth`,
  token: `${paths}/token`,
  jwks: `${paths}/certs`,
  end_session: `${paths}/logout`,
  revocation: `${paths}/revoke`,
};

/** The claims about a user that Keycloak puts into tokens. */
export const profileOf = (user: RealmUser): Record<string, unknown> => ({
  name: `${user.firstName} ${user.lastName}`,
  preferred_username: user.username,
  given_name: user.firstName,
  family_name: user.lastName,
  email: user.email,
  email_verified: true,
});

/** A provider (oidc-provider) that plays the realm. It keeps everything in the store that it is given. */
export function makeProvider(parts: ProviderParts): Provider {
  const { issuer, realm, store, cookieKey, keys } = parts;
  const configuration: Configuration = {
    adapter: (kind: string) => store.adapter(kind),
    jwks: { keys: [...keys] },
    clients: [clientOf(realm)],
    routes,
    scopes: SCOPE.split(' '),
    responseTypes: ['code'],
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username', 'given_name', 'family_name'],
      email: ['email', 'email_verified'],
    },
    // Keycloak's ID tokens hold the profile; the standard would leave it to the userinfo endpoint.
    conformIdTokenClaims: false,
    findAccount: accountsOf(realm),
    pkce: { required: () => true },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    loadExistingGrant: grantEverything,
    clientBasedCORS: () => false,
    cookies: cookiesOf(cookieKey),
    interactions: { url: (_, { uid }) => `${new URL(issuer).pathname}/interaction/${uid}` },
    formats: { customizers: { jwt: keycloakClaims(realm) } },
    features: featuresOf(realm),
    ttl: ttlOf(realm),
    fetch: (_, options) => parts.sendLogout(withoutGuard(options)),
    renderError: (ctx, out) => {
      answerWith(ctx, faultPage(realm, out.error, out.error_description ?? ''));
    },
  };
  return new Provider(issuer, configuration);
}

/** The library refuses addresses of this machine, where the sidecar is in development. */
function withoutGuard(options: RequestInit | undefined): RequestInit {
  const { dispatcher, ...rest } = (options ?? {}) as RequestInit & { dispatcher?: unknown };
  return rest;
}

function clientOf({ client }: Realm): NonNullable<Configuration['clients']>[number] {
  return {
    client_id: client.id,
    client_name: client.name,
    ...(client.secret === undefined ? {} : { client_secret: client.secret }),
    token_endpoint_auth_method: client.secret === undefined ? 'none' : 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: [...client.redirectUris],
    post_logout_redirect_uris: [...client.postLogoutUris],
    backchannel_logout_uri: client.backchannelLogoutUri,
    backchannel_logout_session_required: true,
  };
}

const accountsOf = ({ users }: Realm): FindAccount => {
  const byId = new Map(users.map((user) => [user.id, user]));
  return (_, id) => {
    const user = byId.get(id);
    return user && { accountId: id, claims: () => ({ sub: id, ...profileOf(user) }) };
  };
};

/** The application is the realm's own: nobody is asked for consent. */
async function grantEverything(ctx: KoaContextWithOIDC): Promise<InstanceType<Provider['Grant']>> {
  const { provider, session, client } = ctx.oidc;
  const clientId = client!.clientId;
  const known = session!.grantIdFor(clientId);
  const found = known === undefined ? undefined : await provider.Grant.find(known);
  if (found !== undefined) return found;
  const grant = new provider.Grant({ accountId: session!.accountId!, clientId });
  grant.addOIDCScope(SCOPE);
  grant.addResourceScope(RESOURCE, SCOPE);
  await grant.save();
  return grant;
}

function cookiesOf(key: string): NonNullable<Configuration['cookies']> {
  const safe = { httpOnly: true, sameSite: 'lax', signed: true } as const;
  return {
    keys: [key],
    names: { session: 'gatehouse_session', interaction: 'gatehouse_interaction', resume: 'gatehouse_resume' },
    long: safe,
    short: safe,
  };
}

type JwtCustomizer = NonNullable<NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']>;

/** Makes an access token's claims those of Keycloak (realm_access.roles, azp, sid, typ). */
const keycloakClaims = ({ users }: Realm): JwtCustomizer => {
  const byId = new Map(users.map((user) => [user.id, user]));
  return (_, token, jwt) => {
    const { accountId, sid } = token as { accountId?: string; sid?: string };
    const { client_id: azp, ...payload } = jwt.payload;
    const user = byId.get(accountId ?? '');
    jwt.header = { typ: 'JWT' };
    jwt.payload = {
      ...payload,
      typ: 'Bearer',
      azp,
      sid,
      ...(user && { realm_access: { roles: user.roles }, ...profileOf(user) }),
    };
  };
};

function featuresOf(realm: Realm): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    // A token for a resource server is none for this endpoint; the ID token says the same.
    userinfo: { enabled: false },
    revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => answerWith(ctx, logoutPage(realm, form, ctx.oidc.entities.IdTokenHint !== undefined)),
      postLogoutSuccessSource: (ctx) => answerWith(ctx, signedOutPage(realm)),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: SCOPE,
        audience: realm.client.audience,
        accessTokenTTL: realm.lifetimes.accessToken,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  };
}

function ttlOf({ lifetimes }: Realm): NonNullable<Configuration['ttl']> {
  return {
    AccessToken: lifetimes.accessToken,
    AuthorizationCode: lifetimes.code,
    IdToken: lifetimes.accessToken,
    Interaction: lifetimes.logIn,
    RefreshToken: lifetimes.sessionIdle,
    Grant: lifetimes.sessionMax,
    Session: lifetimes.sessionMax,
  };
}

function answerWith(ctx: KoaContextWithOIDC, { html, headers }: Page): void {
  ctx.set({ ...headers });
  ctx.body = html;
}
