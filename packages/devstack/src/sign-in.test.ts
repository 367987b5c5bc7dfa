import { describe, expect, test } from '@jest/globals';
import { readSettings, type Variables } from './settings.js';
import { demoPageWorks, signInVariables } from './sign-in.js';

const made = (variables: Variables = {}): Variables => signInVariables(variables, readSettings(variables));

describe('the variables of sign-in', () => {
  test('make sidecar, gateway and provider know each other, on whatever ports', () => {
    const origin = 'https://interview.localhost:9443';
    expect(made({ PROXY_TLS_PORT: '9443', AUTH_SIDECAR_URL: 'http://127.0.0.1:7000/' })).toMatchObject({
      INTERVIEW_FRONTEND_URL: origin,
      INTERVIEW_AUTH_REDIRECT_URIS: `${origin}/auth/demo`,
      INTERVIEW_KEYCLOAK_REDIRECT_URI: `${origin}/auth/callback`,
      INTERVIEW_KEYCLOAK_POST_LOGOUT_URIS: `${origin}/auth/demo`,
      INTERVIEW_KEYCLOAK_BACKCHANNEL_LOGOUT_URI: 'http://127.0.0.1:7000/auth/backchannel-logout',
    });
  });

  test('leave what the operator set, under either name', () => {
    const own = {
      FRONTEND_URL: 'https://app.example',
      INTERVIEW_KEYCLOAK_REDIRECT_URI: 'https://api.example/cb',
      AUTH_SIDECAR_SECRETS: 'own',
    };
    expect(made(own)).toMatchObject({
      INTERVIEW_FRONTEND_URL: 'https://app.example',
      INTERVIEW_AUTH_REDIRECT_URIS: 'https://app.example,https://interview.localhost:8443/auth/demo',
      INTERVIEW_KEYCLOAK_REDIRECT_URI: 'https://api.example/cb',
      AUTH_SIDECAR_SECRETS: 'own',
    });
    expect([own, {}].map((variables) => demoPageWorks(variables, readSettings(variables)))).toEqual([false, true]);
  });

  test("give the realm's client secret only where the realm is the one of this machine", () => {
    expect(made()['INTERVIEW_KEYCLOAK_CLIENT_SECRET']).toContain('never-in-production');
    expect(made({ KEYCLOAK_ISSUER_URL: 'https://id.example/realms/r' })['INTERVIEW_KEYCLOAK_CLIENT_SECRET']).toBeUndefined();
  });

  test('an address that is none is named', () => {
    expect(() => readSettings({ AUTH_SIDECAR_URL: 'nine' })).toThrow('AUTH_SIDECAR_URL must be an address');
    expect(() => readSettings({ AUTH_SIDECAR_URL: 'http://127.0.0.1:8180' })).toThrow('port 8180 is wanted twice');
  });
});
