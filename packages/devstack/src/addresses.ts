import { systems } from '@gatehouse/testkit';
import type { Paint } from './paint.js';
import { hostOf, type Settings, type Variables } from './settings.js';

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
    row('mocks', `http://127.0.0.1:${firstMock}/__mock/services`, '/__mock/requests, /__mock/faults on each'),
  ];
}

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
