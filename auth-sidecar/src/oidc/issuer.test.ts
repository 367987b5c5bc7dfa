/** The provider's documents: fetched seldom, kept long. */
import { fakeEffects } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import { readSettings } from '../settings.js';
import { Issuer } from './issuer.js';

const ISSUER = 'https://id.example/realms/r';
const DISCOVERY = `${ISSUER}/.well-known/openid-configuration`;

const { publicKey } = await generateKeyPair('RS256', { extractable: true });
const jwk = await exportJWK(publicKey);

/** A provider of two documents, under a test's control. */
function setup(more: Record<string, unknown> = {}) {
  const effects = fakeEffects();
  const metadata: Record<string, unknown> = {
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/auth`,
    token_endpoint: `${ISSUER}/token`,
    jwks_uri: `${ISSUER}/keys`,
    ...more,
  };
  const world = { up: true, kids: ['a'], asked: [] as string[] };
  const fetchText = async (url: string): Promise<string> => {
    world.asked.push(url);
    if (!world.up) throw new Error('away');
    return JSON.stringify(url === DISCOVERY ? metadata : { keys: world.kids.map((kid) => ({ ...jwk, kid, alg: 'RS256', use: 'sig' })) });
  };
  const settings = readSettings({ INTERVIEW_KEYCLOAK_ISSUER_URL: ISSUER }).oidc;
  const issuer = new Issuer(settings, { ...effects, fetchText, fetch });
  const keyOf = async (kid: string): Promise<string> => {
    try {
      await issuer.key({ alg: 'RS256', kid }, { payload: '', signature: '' });
      return 'known';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const discoveries = (): number => world.asked.filter((url) => url === DISCOVERY).length;
  return { effects, world, issuer, keyOf, discoveries, metadata };
}

describe('the documents', () => {
  test('are asked for once by many, and again in the background', async () => {
    const { effects, issuer, discoveries, keyOf } = setup();
    await Promise.all(Array.from({ length: 50 }, () => issuer.configuration()));
    expect(await keyOf('a')).toBe('known');
    expect(discoveries()).toBe(1);
    await effects.clock.advance(300_000);
    expect(discoveries()).toBe(2);
    issuer.close();
    await effects.clock.advance(900_000);
    expect(discoveries()).toBe(2);
  });

  test('stay as they were while the provider is away; its keys for a day', async () => {
    const { effects, world, issuer, keyOf } = setup();
    await issuer.configuration();
    world.up = false;
    await effects.clock.advance(86_400_000);
    expect(issuer.up).toBe(false);
    expect(await keyOf('a')).toBe('known');
    await effects.clock.advance(1);
    expect(await keyOf('a')).toBe('HTTP_FAULT');
    await expect(issuer.configuration()).resolves.toBeDefined();
    world.up = true;
    await effects.clock.advance(5000);
    expect(issuer.up).toBe(true);
    expect(await keyOf('a')).toBe('known');
  });

  test('are asked for again for an unknown key, once per cool-down', async () => {
    const { effects, world, issuer, keyOf, discoveries } = setup();
    await issuer.configuration();
    await effects.clock.advance(5000);
    world.kids = ['a', 'b'];
    expect(await Promise.all(['b', 'b', 'c'].map(keyOf))).toEqual(['known', 'known', 'ERR_JWKS_NO_MATCHING_KEY']);
    expect(discoveries()).toBe(2);
    for (let i = 0; i < 100; i++) await keyOf(`x${i}`);
    expect(discoveries()).toBe(2);
  });

  test('that can not be had are 503, and are asked for again after a while', async () => {
    const { effects, world, issuer, discoveries } = setup();
    world.up = false;
    await effects.clock.advance(999);
    await expect(issuer.configuration()).rejects.toMatchObject({ denial: { code: 'service_unavailable', retryAfter: 5 } });
    const before = discoveries();
    world.up = true;
    await effects.clock.advance(1);
    await expect(issuer.configuration()).resolves.toBeDefined();
    expect(discoveries()).toBe(before + 1);
  });

  test.each<[string, Record<string, unknown>]>([
    ['of another issuer', { issuer: 'https://evil.example' }],
    ['without a token endpoint', { token_endpoint: undefined }],
    ['with keys that are no web address', { jwks_uri: 'file:///etc/passwd' }],
    ['with a list for an address', { authorization_endpoint: ['https://id.example'] }],
  ])('%s are not taken', async (_what, more) => {
    const { effects, issuer } = setup(more);
    await effects.clock.advance(0);
    expect(issuer.up).toBe(false);
    await expect(issuer.configuration()).rejects.toMatchObject({ denial: { code: 'service_unavailable' } });
  });
});
