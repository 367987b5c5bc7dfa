import { roleClaims } from '@gatehouse/testkit';
import { describe, expect, test } from '@jest/globals';
import { RealmError, readRealm } from './realm.js';
import { ProviderStore } from './store.js';

const nothing = (): undefined => undefined;

describe('the realm file', () => {
  test('has the people of the mock services, as development tokens name them', () => {
    const people = Object.values(roleClaims.interview).map(({ sub, email, preferred_username, realm_access }) => ({
      ...{ id: sub, email, username: preferred_username },
      roles: (realm_access as { roles: string[] }).roles,
    }));
    expect(readRealm(nothing).users).toMatchObject(people);
  });

  test('takes values of the environment, whatever they hold', () => {
    const values: Record<string, string> = { KEYCLOAK_CLIENT_SECRET: 'a"b\\c', KEYCLOAK_REDIRECT_URI: 'https://app.example/cb' };
    const { client } = readRealm((name) => values[name]);
    expect(client).toMatchObject({ secret: 'a"b\\c', redirectUris: ['https://app.example/cb'] });
    expect(client.postLogoutUris).toEqual(['http://localhost:3000', 'https://interview.localhost:8443/auth/demo']);
  });

  test.each([
    ['{', 'no JSON'],
    ['{}', 'users'],
    ['[]', 'expected object'],
  ])('%s is none', (text, reason) => {
    expect(() => readRealm(nothing, text)).toThrow(RealmError);
    expect(() => readRealm(nothing, text)).toThrow(reason);
  });
});

describe('what the provider remembers', () => {
  test('ends in its time, and is bounded', async () => {
    let now = 0;
    const store = new ProviderStore(() => now);
    const sessions = store.adapter('Session');
    await sessions.upsert('first', { uid: 'u' }, 10);
    expect(await sessions.findByUid('u')).toEqual({ uid: 'u' });
    now = 10_000;
    expect(await sessions.find('first')).toBeUndefined();
    for (let i = 0; i < 10_001; i++) await sessions.upsert(`s${i}`, { uid: `u${i}` }, 10);
    expect(store.all('Session')).toHaveLength(10_000);
    expect(await sessions.find('s0')).toBeUndefined();
  });

  test('a refresh token is used up after as many uses as it has', async () => {
    const tokens = new ProviderStore(() => 5000, 1).adapter('RefreshToken');
    await tokens.upsert('t', { grantId: 'g' }, 10);
    await tokens.consume('t');
    expect(await tokens.find('t')).toEqual({ grantId: 'g' });
    await tokens.consume('t');
    expect(await tokens.find('t')).toEqual({ grantId: 'g', consumed: 5 });
    await tokens.consume('nothing');
    await tokens.revokeByGrantId('g');
    expect(await tokens.find('t')).toBeUndefined();
  });
});
