/** What the sidecar asks of the provider, over openid-client; every answer is a token set, or one of three faults. */
import { type JWTPayload, jwtVerify } from 'jose';
import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  ResponseBodyError,
  refreshTokenGrant,
  tokenRevocation,
} from 'openid-client';
import { HttpFault, unavailable } from '../http/fault.js';
import type { OidcSettings } from '../settings.js';
import { CLOCK_SKEW_S, Issuer } from './issuer.js';
import { type GrantAnswer, type TokenSet, textClaim, tokenSet } from './tokens.js';
import type { Begun, Transaction } from './transactions.js';

export type ClientEffects = ConstructorParameters<typeof Issuer>[1];

/** The provider, or the person at it, said no: `access_denied`, `invalid_grant`. */
export class RefusedError extends Error {
  readonly code = 'PROVIDER_REFUSED';
  /** @param reason OAuth's error code */
  constructor(readonly reason: string) {
    super(`the provider refused: ${reason}`);
    this.name = 'RefusedError';
  }
}

/** What the provider answered can't be trusted or used; the message is for the log. */
export class UntrustedError extends Error {
  readonly code = 'PROVIDER_UNTRUSTED';
}

const SCOPE = 'openid profile email';
const ALGORITHMS = ['RS256'];
const REASON = /^[a-z0-9_]{1,64}$/;

/** Errors of the provider that say nothing about the token: its own trouble, or our configuration's. */
function isAway(error: ResponseBodyError): boolean {
  const passing = ['temporarily_unavailable', 'server_error', 'slow_down'];
  return error.status >= 500 || error.status === 429 || passing.includes(error.error);
}

/** openid-client's words for an answer that is none, and for one that did not come. */
const UNREACHABLE: readonly unknown[] = [
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_PARSE_ERROR',
];

/** fetch's own: no connection, cut in the middle, too late. */
function isFetchFailure(error: unknown): boolean {
  const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown };
  return name === 'TimeoutError' || (name === 'TypeError' && (message === 'fetch failed' || message === 'terminated'));
}

/** A provider that answers 5xx, something that is no OAuth, or nothing at all. */
function isUnreachable(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: unknown };
  return UNREACHABLE.includes(code) || isFetchFailure(error) || isFetchFailure(cause);
}

function translate(error: unknown): Error {
  if (error instanceof HttpFault) return error;
  if (error instanceof AuthorizationResponseError) return new RefusedError(REASON.test(error.error) ? error.error : 'refused');
  if (error instanceof ResponseBodyError) {
    if (isAway(error)) return unavailable(`the provider answered ${error.status} ${error.error}`, 5);
    if (error.error === 'invalid_grant' || error.error === 'access_denied') return new RefusedError(error.error);
    // invalid_client and its like: no token is at fault, and nobody is signed out for it.
    return unavailable(`the provider does not accept the sidecar: ${error.error}`, 30);
  }
  if (isUnreachable(error)) return unavailable(`the provider is away: ${String(error)}`, 5);
  return new UntrustedError(`${String(error)} ${String((error as Error | null)?.cause ?? '')}`);
}

/** The provider as the sidecar asks it: codes, refreshes, ends of sessions, checks of its tokens. Nothing is waited for longer than `timeoutMs`. */
export class OidcClient {
  readonly issuer: Issuer;

  constructor(
    private readonly settings: OidcSettings,
    private readonly effects: ClientEffects,
  ) {
    this.issuer = new Issuer(settings, effects);
  }

  /** Where the browser goes to sign in. @throws HttpFault 503 */
  async authorizationUrl({ state, nonce, verifier }: Begun): Promise<string> {
    const configuration = await this.issuer.configuration();
    return buildAuthorizationUrl(configuration, {
      redirect_uri: this.settings.callbackUrl,
      scope: SCOPE,
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).href;
  }

  /**
   * Exchanges a code: issuer (RFC 9207), state, PKCE, nonce, and the ID token with its signature are checked.
   * @param query of the callback, as it came
   * @throws RefusedError, UntrustedError, HttpFault 503
   */
  async exchange(query: string, state: string, { verifier, nonce }: Transaction): Promise<TokenSet> {
    const configuration = await this.issuer.configuration();
    const url = new URL(this.settings.callbackUrl);
    url.search = query;
    const checks = { pkceCodeVerifier: verifier, expectedNonce: nonce, expectedState: state, idTokenExpected: true };
    return this.grant(() => authorizationCodeGrant(configuration, url, checks));
  }

  /** @throws RefusedError when the token is not good any more; UntrustedError, HttpFault 503 */
  async refresh(refreshToken: string): Promise<TokenSet> {
    const configuration = await this.issuer.configuration();
    return this.grant(() => refreshTokenGrant(configuration, refreshToken));
  }

  /** The user's address, where no token has it; null when it can't be had. */
  async emailOf({ accessToken, person }: TokenSet): Promise<string | null> {
    const configuration = await this.issuer.configuration();
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return null;
    try {
      return textClaim({ ...(await fetchUserInfo(configuration, accessToken, person.userId)) } as JWTPayload, 'email');
    } catch (error) {
      this.effects.log('info', 'the user’s address could not be asked for', { error: String(error) });
      return null;
    }
  }

  /**
   * Ends a session at the provider: Keycloak's own end by refresh token, which ends its browser session as well, then RFC 7009.
   * @throws HttpFault 503, UntrustedError, RefusedError when it is not known to have worked
   */
  async endSession(refreshToken: string): Promise<void> {
    const configuration = await this.issuer.configuration();
    try {
      await this.endKeycloakSession(configuration, refreshToken);
      if (configuration.serverMetadata().revocation_endpoint !== undefined) {
        await tokenRevocation(configuration, refreshToken, { token_type_hint: 'refresh_token' });
      }
    } catch (error) {
      throw translate(error);
    }
  }

  /** Where a browser ends its session at the provider (RP-Initiated Logout 1.0); null when the provider has no such place. */
  async endSessionUrl(idToken: string | null, returnTo: string): Promise<string | null> {
    const configuration = await this.issuer.configuration();
    if (configuration.serverMetadata().end_session_endpoint === undefined) return null;
    const hint: Record<string, string> = idToken === null ? {} : { id_token_hint: idToken };
    return buildEndSessionUrl(configuration, { ...hint, post_logout_redirect_uri: returnTo }).href;
  }

  /**
   * Checks an access token as the gateway does.
   * @throws HttpFault 401, 503
   */
  async verifyAccessToken(token: string): Promise<JWTPayload & { sub: string }> {
    const claims = await this.verify(token, { audience: this.settings.audience, requiredClaims: ['exp', 'sub'] });
    if (claims['typ'] !== 'Bearer') throw new HttpFault('token_invalid', {}, 'no access token');
    return claims as JWTPayload & { sub: string };
  }

  /**
   * Checks signature, issuer and times of a JWT of the provider.
   * @throws HttpFault 401, 503
   */
  async verify(
    token: string,
    more: { audience: string; requiredClaims?: string[]; typ?: string; maxTokenAge?: number },
  ): Promise<JWTPayload> {
    const common = { issuer: this.settings.issuer, algorithms: ALGORITHMS, clockTolerance: CLOCK_SKEW_S };
    try {
      const { payload } = await jwtVerify(token, this.issuer.key, { ...common, ...more, currentDate: new Date(this.effects.now()) });
      return payload;
    } catch (error) {
      if (error instanceof HttpFault) throw error;
      const expired = (error as { code?: unknown }).code === 'ERR_JWT_EXPIRED';
      throw new HttpFault(expired ? 'token_expired' : 'token_invalid', {}, String(error));
    }
  }

  close(): void {
    this.issuer.close();
  }

  private async grant(ask: () => Promise<GrantAnswer>): Promise<TokenSet> {
    try {
      const answer = await ask();
      // Its claims were compared; who signed it is checked here, by the cached keys.
      if (answer.id_token !== undefined) await this.verify(answer.id_token, { audience: this.settings.clientId });
      return tokenSet(answer, this.effects.now());
    } catch (error) {
      if (error instanceof HttpFault && error.reason !== 'service_unavailable') throw new UntrustedError(`the ID token: ${error.why}`);
      throw translate(error);
    }
  }

  private async endKeycloakSession(configuration: Configuration, refreshToken: string): Promise<void> {
    const { end_session_endpoint } = configuration.serverMetadata();
    if (end_session_endpoint === undefined) return;
    const { clientId, clientSecret } = this.settings;
    const form = new URLSearchParams({ client_id: clientId, refresh_token: refreshToken });
    if (clientSecret !== null) form.set('client_secret', clientSecret);
    const signal = AbortSignal.timeout(this.settings.timeoutMs);
    const response = await this.effects.fetch(end_session_endpoint, { method: 'POST', body: form, redirect: 'manual', signal });
    await response.body?.cancel();
    if (response.status >= 500) throw unavailable(`the provider answered ${response.status}`);
  }
}
