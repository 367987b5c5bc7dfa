/** What the sidecar relies on at an identity provider: the embedded one and a real Keycloak pass it alike. */
import { FormBrowser, roleClaims } from '@gatehouse/testkit';
import { describe, expect, test } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { eventually } from '../redis.js';
import { atCallback, CLIENT_ID, type LogoutListener, located, RelyingParty, type Tokens } from './relying-party.js';

/** A provider with the realm of auth-sidecar/keycloak. */
export interface ProviderScene {
  readonly issuer: string;
  /** Where its logout tokens come. */
  readonly logouts: LogoutListener;
  /** What an administrator does. */
  endSessions(username: string): Promise<unknown>;
}

const demoPage = 'https://interview.localhost:8443/auth/demo';

type SceneOf = () => ProviderScene;

/** What the groups of tests share. */
class Bench {
  readonly party: RelyingParty;

  constructor(
    readonly sceneOf: SceneOf,
    readonly timeoutMs: number,
  ) {
    this.party = new RelyingParty(() => sceneOf().issuer);
  }

  verify(token: string) {
    const keys = createRemoteJWKSet(new URL(this.party.endpoint('certs')));
    return jwtVerify(token, keys, { issuer: this.sceneOf().issuer, audience: CLIENT_ID });
  }
}

const refused = { error: 'invalid_grant' };

/** Declares the tests. @param sceneOf called in tests alone */
export function identitySuite(name: string, sceneOf: SceneOf, timeoutMs = 30_000): void {
  describe(`${name}, as the sidecar needs it`, () => {
    const bench = new Bench(sceneOf, timeoutMs);
    signInTests(bench);
    tokenTests(bench);
    codeTests(bench);
    refreshTests(bench);
    endTests(bench);
  });
}

function signInTests(bench: Bench): void {
  const { party, sceneOf, timeoutMs } = bench;
  test(
    'comes back with code, state and issuer (RFC 9207), after a wrong password too',
    async () => {
      const browser = new FormBrowser();
      const form = await browser.visit(party.authorization());
      const again = await browser.submit(form, { username: 'mina.park', password: 'no' });
      expect(again.status).toBe(200);
      const fields = { username: 'mina.park@interview.example', password: 'password' };
      const { searchParams } = located(await browser.submit(again, fields, { until: atCallback }));
      expect([searchParams.get('iss'), searchParams.get('state')]).toEqual([sceneOf().issuer, 's']);
      const known = await browser.visit(party.authorization(), { until: atCallback });
      expect(located(known).searchParams.get('code')).toBeTruthy();
    },
    timeoutMs,
  );
}

function tokenTests(bench: Bench): void {
  const { party, timeoutMs } = bench;
  test.each([
    ['candidate', 'mina.park'],
    ['recruiter', 'david.stone'],
    ['admin', 'ana.silva'],
  ] as const)(
    'the tokens of a %s say who it is, in the same claims',
    async (role, username) => {
      const { access_token, id_token, expires_in } = await party.tokens(undefined, username);
      const { payload, protectedHeader } = await bench.verify(access_token);
      const { sub, email, preferred_username, realm_access, typ, azp, aud } = roleClaims.interview[role]!;
      const { roles } = realm_access as { roles: string[] };
      expect(payload).toMatchObject({ sub, email, preferred_username, typ, azp, aud });
      expect(String(payload['scope']).split(' ').sort()).toEqual(['email', 'openid', 'profile']);
      expect(payload).toMatchObject({ given_name: expect.any(String), family_name: expect.any(String), sid: expect.any(String) });
      expect([...(payload['realm_access'] as { roles: string[] }).roles].sort()).toEqual([...roles].sort());
      expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'JWT', kid: expect.any(String) });
      expect(payload.exp! - payload.iat!).toBe(300);
      // Keycloak counts from the token's issue to its answer.
      expect(Math.round(expires_in / 10)).toBe(30);
      const { payload: id } = await bench.verify(id_token);
      expect(id).toMatchObject({ sub, email, nonce: 'n', sid: payload['sid'], given_name: payload['given_name'] });
    },
    timeoutMs,
  );
}

function codeTests(bench: Bench): void {
  const { party, timeoutMs } = bench;
  test(
    'needs PKCE with S256, the right address and secret, and spends a code once',
    async () => {
      const browser = new FormBrowser();
      const without = await browser.visit(party.authorization({ code_challenge: '', code_challenge_method: '' }), { until: atCallback });
      expect(located(without).searchParams.get('error')).toBe('invalid_request');
      const elsewhere = await browser.visit(party.authorization({ redirect_uri: 'https://evil.example/' }));
      expect([elsewhere.status, elsewhere.headers.location]).toEqual([400, undefined]);
      const wrong = { code_verifier: 'b-code-verifier-of-more-than-forty-three-characters' };
      expect((await party.exchange(await party.signIn(), wrong)).json).toMatchObject(refused);
      expect((await party.exchange(await party.signIn(), { client_secret: 'wrong' })).status).toBe(401);
      const at = await party.signIn();
      const { status, json } = await party.exchange(at);
      expect(status).toBe(200);
      expect((await party.exchange(at)).json).toMatchObject(refused);
      // RFC 6749 section 4.1.2: what a replayed code gave is taken back.
      expect((await party.refresh((json as Tokens).refresh_token)).json).toMatchObject(refused);
    },
    timeoutMs,
  );
}

function refreshTests(bench: Bench): void {
  const { party, timeoutMs } = bench;
  test(
    'refresh tokens are replaced, and good once more for an answer that got lost; then the session of it ends',
    async () => {
      const { refresh_token, access_token } = await party.tokens();
      const first = (await party.refresh(refresh_token)).json as Tokens;
      const lost = await party.refresh(refresh_token);
      expect(lost.status).toBe(200);
      const next = lost.json as Tokens;
      expect(new Set([refresh_token, first.refresh_token, next.refresh_token]).size).toBe(3);
      expect(decodeJwt(next.access_token)).toMatchObject({ sid: decodeJwt(access_token)['sid'] });
      expect(decodeJwt(next.id_token)).toMatchObject({ email: 'mina.park@interview.example' });
      expect((await party.refresh(refresh_token)).json).toMatchObject(refused);
      expect((await party.refresh(next.refresh_token)).json).toMatchObject(refused);
    },
    timeoutMs,
  );

  test(
    'revocation (RFC 7009) ends a refresh token',
    async () => {
      const { refresh_token } = await party.tokens();
      expect((await party.post('revoke', { token: refresh_token, token_type_hint: 'refresh_token' })).status).toBe(200);
      expect((await party.refresh(refresh_token)).json).toMatchObject(refused);
    },
    timeoutMs,
  );
}

function endTests(bench: Bench): void {
  const { party, sceneOf, timeoutMs } = bench;
  test(
    'who signs out there is asked at most once, and the application is told by the back channel',
    async () => {
      const { logouts } = sceneOf();
      const browser = new FormBrowser();
      const { refresh_token, id_token, access_token } = await party.tokens(browser);
      const query = new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: demoPage, state: 'bye' });
      const home = { until: ({ href }: URL) => href.startsWith(demoPage) };
      const asked = await browser.visit(`${party.endpoint('logout')}?${query}`, home);
      const done = asked.status === 200 ? await browser.submit(asked, {}, home) : asked;
      expect(located(done).href).toBe(`${demoPage}?state=bye`);
      const { sid, sub } = decodeJwt(access_token);
      await eventually('a logout token', () => logouts.tokens.some((token) => decodeJwt(token)['sid'] === sid));
      const token = logouts.tokens.find((one) => decodeJwt(one)['sid'] === sid)!;
      const { payload } = await bench.verify(token);
      expect(payload).toMatchObject({ sub, aud: CLIENT_ID, jti: expect.any(String), iat: expect.any(Number) });
      expect(payload['events']).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} });
      expect(payload).not.toHaveProperty('nonce');
      expect((await party.refresh(refresh_token)).json).toMatchObject(refused);
    },
    timeoutMs,
  );

  test(
    'an administrator ends the sessions of a user, who is asked for the password again',
    async () => {
      const { logouts, endSessions } = sceneOf();
      const browser = new FormBrowser();
      const { refresh_token, access_token } = await party.tokens(browser, 'david.stone');
      await endSessions('david.stone');
      const { sid } = decodeJwt(access_token);
      await eventually('a logout token', () => logouts.tokens.some((token) => decodeJwt(token)['sid'] === sid));
      expect((await party.refresh(refresh_token)).json).toMatchObject(refused);
      const form = await browser.visit(party.authorization(), { until: atCallback });
      expect(form.text).toContain('name="password"');
    },
    timeoutMs,
  );
}
