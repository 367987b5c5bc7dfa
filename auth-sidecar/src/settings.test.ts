import { describe, expect, test } from '@jest/globals';
import { readSettings, SettingsError, type Variables } from './settings.js';

const faults = (variables: Variables): readonly string[] => {
  try {
    readSettings(variables);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
};

describe('settings', () => {
  test('need nothing in development', () => {
    const settings = readSettings({});
    expect(settings).toMatchObject({ host: '127.0.0.1', port: 9190, production: false, sealSecrets: [] });
    expect(settings.oidc).toMatchObject({
      issuer: 'http://127.0.0.1:8180/realms/ai-video-interview',
      clientId: 'ai-video-interview-app',
      clientSecret: null,
      callbackUrl: 'https://interview.localhost:8443/auth/callback',
      audience: 'ai-video-interview-app',
      redirectUris: ['http://localhost:3000'],
      origins: ['http://localhost:3000'],
      graceMs: 10_000,
    });
    expect(settings.events).toMatchObject({ brokers: [], store: 'file', directory: '.run/outbox-9190', envelope: { mode: 'plain' } });
  });

  test('with the system’s name in front win over those without', () => {
    const both = { KEYCLOAK_CLIENT_ID: 'bare', INTERVIEW_KEYCLOAK_CLIENT_ID: 'own', FRONTEND_URL: 'https://app.example/start' };
    expect(readSettings(both).oidc).toMatchObject({ clientId: 'own', audience: 'own', origins: ['https://app.example'] });
  });

  test('that are empty count as none', () => {
    expect(readSettings({ INTERVIEW_AUTH_REDIRECT_URIS: '', INTERVIEW_FRONTEND_URL: '' }).oidc.redirectUris).toEqual([
      'http://localhost:3000',
    ]);
  });

  test('of production name what is missing, all at once', () => {
    expect(faults({ NODE_ENV: 'production' })).toEqual([
      'AUTH_SIDECAR_SECRETS: is needed in production, the same for all replicas: openssl rand -base64 32',
      'INTERVIEW_KEYCLOAK_REDIRECT_URI: is needed in production: https://HOST/auth/callback',
    ]);
    expect(faults({ NODE_ENV: 'staging' })).toHaveLength(2);
  });

  test.each<[string, Variables, string]>([
    ['no address', { AUTH_SIDECAR_URL: '9190' }, 'AUTH_SIDECAR_URL'],
    ['no web address', { INTERVIEW_KEYCLOAK_ISSUER_URL: 'ftp://x' }, 'INTERVIEW_KEYCLOAK_ISSUER_URL'],
    ['an address with a password', { KEYCLOAK_ISSUER_URL: 'https://a:b@x' }, 'KEYCLOAK_ISSUER_URL'],
    ['a script to return to', { AUTH_REDIRECT_URIS: 'https://a.example,javascript:alert(1)' }, 'AUTH_REDIRECT_URIS'],
    ['a fragment to return to', { INTERVIEW_AUTH_REDIRECT_URIS: 'https://a.example/#x' }, 'INTERVIEW_AUTH_REDIRECT_URIS'],
    ['a path to return to', { INTERVIEW_AUTH_REDIRECT_URIS: '/home' }, 'INTERVIEW_AUTH_REDIRECT_URIS'],
    ['a short secret', { AUTH_SIDECAR_SECRETS: `${'a'.repeat(32)},short` }, 'AUTH_SIDECAR_SECRETS'],
    ['another SameSite', { INTERVIEW_COOKIE_SAME_SITE: 'off' }, 'INTERVIEW_COOKIE_SAME_SITE'],
    ['too few seconds', { INTERVIEW_LOGIN_SECONDS: '1' }, 'INTERVIEW_LOGIN_SECONDS'],
    ['no number', { INTERVIEW_SESSIONS_PER_USER: '5x' }, 'INTERVIEW_SESSIONS_PER_USER'],
    ['a broker without port', { INTERVIEW_KAFKA_BROKERS: 'kafka' }, 'INTERVIEW_KAFKA_BROKERS'],
    ['a level', { LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
  ])('%s is a fault with its name', (_what, variables, name) => {
    const found = faults(variables);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${name}: `));
  });

  test('never show a secret', () => {
    expect(faults({ AUTH_SIDECAR_SECRETS: 'hunter2' }).join()).not.toContain('hunter2');
  });

  test('take addresses of apps to return to', () => {
    expect(readSettings({ AUTH_REDIRECT_URIS: 'com.example.app:/done, https://a.example/x?y=1' }).oidc.redirectUris).toEqual([
      'com.example.app:/done',
      'https://a.example/x?y=1',
    ]);
  });
});
