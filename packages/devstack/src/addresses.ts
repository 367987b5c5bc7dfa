import { roleClaims, systems } from '@gatehouse/testkit';
import { hostOf } from './hosts.js';
import { namesRedis, redisAddress } from './own-redis.js';
import type { Paint } from './paint.js';
import type { Settings, Variables } from './settings.js';
import { demoPageAddress, demoPageWorks, issuerAddress, sidecarAddress } from './sign-in.js';

const examples: Readonly<Record<string, string>> = {
  gongbu: '/courses',
  interview: '/users/me',
  learning: '/api/content/courses',
  healthpay: '/v2/wallets',
  freelance: '/api/gigs/',
};

/** Whose token is shown for each system. */
const shownRoles: Readonly<Record<string, string>> = {
  gongbu: 'creator',
  interview: 'recruiter',
  learning: 'instructor',
  healthpay: 'user',
  freelance: 'client',
};

/** The addresses of everything that runs, one line each. */
export function addressTable(paint: Paint, settings: Settings, variables: Variables): string[] {
  const { proxy, proxyTls, admin, status, healthpay, mocks } = settings;
  const row = (name: string, address: string, more = ''): string =>
    `  ${paint('bold', name.padEnd(11))} ${address.padEnd(52)} ${paint('dim', more)}`;
  const own = systems.map((system) => {
    const host = hostOf(variables, system);
    const path = examples[system] ?? '/';
    return row(system, `http://${host}:${proxy.port}${path}`, `https://${host}:${proxyTls.port}${path}`);
  });
  const firstMock = mocks['gongbu.auth']?.[0]?.port;
  return [
    ...own,
    row('healthpay', `http://127.0.0.1:${healthpay.port}/v2/wallets`, 'alone, on any host'),
    row('admin', `http://127.0.0.1:${admin.port}/`, 'the gateway, this machine only'),
    row('status', `http://127.0.0.1:${status.port}/status`, '/metrics for Prometheus'),
    ...(settings.redis === undefined ? [] : [row('redis', redisAddress(settings.redis), 'the stack’s own: nothing on disk')]),
    row('mocks', `http://127.0.0.1:${firstMock}/__mock/services`, '/__mock/requests, /__mock/faults on each'),
  ];
}

/** What does not work on a stack without a Redis, and how to get one; nothing where there is one. */
export function redisNote(paint: Paint, settings: Settings, variables: Variables): string[] {
  if (settings.redis !== undefined || namesRedis(variables)) return [];
  return [
    `${paint('yellow', 'No Redis:')} gateways and sidecar share nothing. API keys that are made are not known to the gateways, whoever signs out`,
    'keeps a token that works until it ends, and each gateway counts limits alone. Install redis-server, or set REDIS_URL.',
    '',
  ];
}

/** Where to sign in and as whom; nothing where the sidecar runs elsewhere. */
export function signInTable(paint: Paint, settings: Settings, variables: Variables): string[] {
  const row = (name: string, text: string, more = ''): string =>
    `  ${paint('bold', name.padEnd(11))} ${text.padEnd(52)} ${paint('dim', more)}`;
  if (settings.sidecar === undefined) return [];
  const own = [
    row('demo page', demoPageAddress(variables, settings), demoNote(settings, variables)),
    row('provider', issuerAddress(variables), settings.identity === undefined ? 'your own' : 'plays Keycloak'),
  ];
  if (settings.identity === undefined) return own;
  const password = variables['INTERVIEW_USER_PASSWORD'] || 'password';
  const users = Object.entries(roleClaims.interview).map(([role, claims]) => row(role, String(claims['preferred_username']), password));
  return [...own, ...users];
}

const demoNote = (settings: Settings, variables: Variables): string =>
  demoPageWorks(variables, settings)
    ? `the sidecar, ${sidecarAddress(variables)}, behind the gateway`
    : 'can not sign in: the cookies are those of INTERVIEW_FRONTEND_URL';

/** A ready-made token per system. */
export function tokenTable(paint: Paint, token: (system: string, role: string) => string): string[] {
  return systems.map((system) => {
    const role = shownRoles[system] ?? '';
    return `  ${paint('bold', system.padEnd(11))} ${role.padEnd(11)} ${token(system, role)}`;
  });
}

/** A command that works at once. */
export function tryIt(settings: Settings, variables: Variables): string {
  const host = hostOf(variables, 'gongbu');
  const token = '"Authorization: Bearer $(bin/gatehouse token gongbu creator 2>/dev/null)"';
  return `  curl -H ${token} http://${host}:${settings.proxy.port}/courses`;
}
