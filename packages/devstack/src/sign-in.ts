import { interviewIssuer } from '@gatehouse/testkit';
import { hostOf } from './hosts.js';
import type { Settings, Variables } from './settings.js';

/** What the parts of sign-in need beside: for development, known to everyone, so worth nothing elsewhere. */
const developmentSecrets: Readonly<Record<string, string>> = {
  AUTH_SIDECAR_SECRETS: 'sidecar-development-secret-never-in-production',
  GONGBU_TELEGRAM_BOT_TOKEN: '110201543:development-bot-token-never-in-production',
};

/** The client's secret in `auth-sidecar/keycloak/realm.json`. */
const REALM_CLIENT_SECRET = 'interview-development-secret-never-in-production';

/** Where the auth sidecar listens. */
export const sidecarAddress = (variables: Variables): string => variables['AUTH_SIDECAR_URL'] || 'http://127.0.0.1:9190';

/** Where tokens of interview say that they come from. */
export const issuerAddress = (variables: Variables): string =>
  variables['INTERVIEW_KEYCLOAK_ISSUER_URL'] || variables['KEYCLOAK_ISSUER_URL'] || interviewIssuer;

/** Where a browser reaches interview: over TLS, which its cookies need. */
export const interviewOrigin = (variables: Variables, settings: Settings): string =>
  `https://${hostOf(variables, 'interview')}:${settings.proxyTls.port}`;

/** The page that signs in and out, through the gateway. */
export const demoPageAddress = (variables: Variables, settings: Settings): string => `${interviewOrigin(variables, settings)}/auth/demo`;

/** Whether the demo page may use its cookies: not when they are another application's. */
export const demoPageWorks = (variables: Variables, settings: Settings): boolean =>
  signInVariables(variables, settings)['INTERVIEW_FRONTEND_URL'] === interviewOrigin(variables, settings);

/**
 * The variables that make the sidecar, the gateway and the identity provider of the stack know each other; what the operator set stays.
 * Where no application is named, the demo page is it: CORS and cookies are for one origin alone.
 */
export function signInVariables(variables: Variables, settings: Settings): Variables {
  const given = (name: string, standard: string): string => variables[`INTERVIEW_${name}`] || variables[name] || standard;
  const origin = interviewOrigin(variables, settings);
  const demo = demoPageAddress(variables, settings);
  const frontend = given('FRONTEND_URL', origin);
  const returns = listWith(given('AUTH_REDIRECT_URIS', frontend === origin ? demo : frontend), demo);
  const secrets = Object.entries(developmentSecrets).map(([name, value]) => [name, variables[name] || value] as const);
  const own =
    settings.identity === undefined ? {} : { INTERVIEW_KEYCLOAK_CLIENT_SECRET: given('KEYCLOAK_CLIENT_SECRET', REALM_CLIENT_SECRET) };
  return {
    ...Object.fromEntries(secrets),
    ...own,
    AUTH_OUTBOX_DIR: variables['AUTH_OUTBOX_DIR'] || `${settings.runFolder}/outbox`,
    INTERVIEW_FRONTEND_URL: frontend,
    INTERVIEW_AUTH_REDIRECT_URIS: returns,
    INTERVIEW_KEYCLOAK_REDIRECT_URI: given('KEYCLOAK_REDIRECT_URI', `${origin}/auth/callback`),
    INTERVIEW_KEYCLOAK_POST_LOGOUT_URIS: given('KEYCLOAK_POST_LOGOUT_URIS', returns.replaceAll(',', '##')),
    INTERVIEW_KEYCLOAK_BACKCHANNEL_LOGOUT_URI: given(
      'KEYCLOAK_BACKCHANNEL_LOGOUT_URI',
      `${sidecarAddress(variables).replace(/\/$/, '')}/auth/backchannel-logout`,
    ),
  };
}

function listWith(list: string, more: string): string {
  const parts = list.split(',').map((part) => part.trim());
  return [...new Set([...parts.filter((part) => part !== ''), more])].join(',');
}
