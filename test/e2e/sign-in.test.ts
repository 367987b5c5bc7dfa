/** Signing in by a real browser, over TLS, through the gateway of the whole stack. */
import { call } from '@gatehouse/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startChromium } from '../support/chromium.js';
import { SidecarProcess } from '../support/sidecar-process.js';
import { RunningStack } from './support/stack.js';

/** The first test on a machine installs Chromium. */
const SETUP_MS = 300_000;
const TEST_MS = 90_000;

/** Without a Redis: what a browser does works on one node of each all the same. */
const alone = { INTERVIEW_RATE_LIMIT_AUTH_PER_MINUTE: '100', GATEHOUSE_REDIS_SERVER: 'none', REDIS_URL: '' };

let stack: RunningStack;
let browser: Browser;
let demo = '';

beforeAll(async () => {
  // First: installing it holds this process, and the stack's deadline would pass.
  browser = await startChromium();
  stack = await RunningStack.start(alone);
  demo = `https://interview.localhost:${stack.environment['PROXY_TLS_PORT']}/auth/demo`;
}, SETUP_MS);
afterAll(() => Promise.all([stack?.stop(), browser?.close()]), TEST_MS);

/** A person's browser: what it says to the console beside refused requests, and where its own requests went. */
async function open(options: { javaScriptEnabled?: boolean } = {}): Promise<{ page: Page; context: BrowserContext; faults: string[] }> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 40[13]/.test(message.text())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(String(error)));
  return { page, context, faults };
}

async function signIn(page: Page, username: string, password = 'password'): Promise<void> {
  await page.goto(demo);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('User name or email').fill(username);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test(
  'sign in, see the profile, refresh, sign out',
  async () => {
    const { page, context, faults } = await open();
    await signIn(page, 'mina.park', 'wrong');
    await page.getByRole('alert').getByText('Wrong user name or password.').waitFor();
    expect(await page.getByLabel('User name or email').inputValue()).toBe('mina.park');
    await page.getByLabel('Password').fill('password');
    await page.getByLabel('Password').press('Enter');
    await page.getByText('Hello, Mina Park.').waitFor();
    expect(page.url()).toBe(demo);
    expect(JSON.parse((await page.getByLabel('Profile').textContent()) ?? '')).toMatchObject({ email: 'mina.park@interview.example' });
    await page.getByText('this one').waitFor();

    const before = await cookies(context);
    expect(before).toMatchObject({ '__Host-access_token': cookie, '__Host-refresh_token': cookie });
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.getByRole('button', { name: 'Refresh the session' }).click();
    await page.getByText('The session was refreshed').waitFor();
    const after = await cookies(context);
    expect(after['__Host-refresh_token']?.value).not.toBe(before['__Host-refresh_token']?.value);

    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByText('Logged out successfully').waitFor();
    expect(Object.keys(await cookies(context)).filter((name) => name.startsWith('__Host-'))).toEqual([]);
    await page.reload();
    await page.getByText('You are not signed in.').waitFor();
    // The provider still knows the browser: no second password.
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Hello, Mina Park.').waitFor();
    await page.getByRole('button', { name: 'Sign out at the provider too' }).click();
    await page.waitForURL(demo);
    await page.getByText('You are not signed in.').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Password').waitFor();
    expect(faults).toEqual([]);
    await context.close();
  },
  TEST_MS,
);

test(
  'the access token may be gone: the page refreshes the session by itself',
  async () => {
    const { page, context } = await open();
    await signIn(page, 'david.stone');
    await page.getByText('Hello, David Stone.').waitFor();
    await context.clearCookies({ name: '__Host-access_token' });
    await page.reload();
    await page.getByText('You are signed in; the session was refreshed.').waitFor();
    await context.close();
  },
  TEST_MS,
);

test(
  'two people in two browsers are two people; a page elsewhere can do nothing with their cookies',
  async () => {
    const [one, other] = [await open(), await open()];
    await Promise.all([signIn(one.page, 'mina.park'), signIn(other.page, 'ana.silva')]);
    await one.page.getByText('Hello, Mina Park.').waitFor();
    await other.page.getByText('Hello, Ana Silva.').waitFor();
    const evil = await one.context.newPage();
    await evil.goto(`${stack.environment['INTERVIEW_KEYCLOAK_ISSUER_URL']}/nothing`);
    const attempt = (path: string, options: object): Promise<string> =>
      evil.evaluate(
        ([url, init]) =>
          fetch(url as string, init as RequestInit).then(
            (answer) => `${answer.status}`,
            () => 'refused',
          ),
        [new URL(path, demo).href, { credentials: 'include', ...options }] as const,
      );
    expect(await attempt('/users/me', {})).toBe('refused');
    expect(await attempt('/auth/refresh', { method: 'POST' })).toBe('refused');
    expect(await attempt('/auth/logout', { method: 'POST', mode: 'no-cors' })).toBe('0');
    await one.page.reload();
    await one.page.getByText('Hello, Mina Park.').waitFor();
    await Promise.all([one.context.close(), other.context.close()]);
  },
  TEST_MS,
);

test(
  "the provider's pages work where no script runs",
  async () => {
    const { page, context } = await open({ javaScriptEnabled: false });
    const { hostname, host, origin, port } = new URL(demo);
    const begun = await call(`https://127.0.0.1:${port}/auth/login`, { headers: { host, origin }, json: { redirectUri: demo } });
    const [pair = ''] = String(begun.headers['set-cookie']).split(';');
    const at = pair.indexOf('=');
    await context.addCookies([
      { name: pair.slice(0, at), value: pair.slice(at + 1), url: `https://${hostname}/`, secure: true, httpOnly: true },
    ]);
    const { authUrl } = begun.json as { authUrl: string };
    await page.goto(authUrl);
    await page.getByLabel('User name or email').fill('ana.silva');
    await page.getByLabel('Password').fill('password');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(demo);
    expect(Object.keys(await cookies(context))).toContain('__Host-access_token');
    const issuer = stack.environment['INTERVIEW_KEYCLOAK_ISSUER_URL'];
    await page.goto(`${issuer}/protocol/openid-connect/logout`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You are signed out').waitFor();
    await context.close();
  },
  TEST_MS,
);

test(
  'production has no demo page',
  async () => {
    const production = { NODE_ENV: 'production', INTERVIEW_NODE_ENV: '', AUTH_SIDECAR_SECRETS: 'a-secret-of-this-test-0123456789abcdef' };
    const { hostname, port } = new URL(stack.environment['INTERVIEW_KEYCLOAK_ISSUER_URL']!);
    const sidecar = await SidecarProcess.start({
      ...production,
      INTERVIEW_KEYCLOAK_ISSUER_URL: `http://${hostname}:${port}/realms/test`,
      INTERVIEW_KEYCLOAK_REDIRECT_URI: 'https://api.example/auth/callback',
      GATEHOUSE_RUN_DIR: stack.environment['GATEHOUSE_RUN_DIR']!,
    });
    expect((await call(`${sidecar.url}/auth/demo`)).status).toBe(404);
    expect(await sidecar.stop()).toBe(0);
  },
  TEST_MS,
);

/** Of a session: no script reads it, TLS alone, this host, this site. */
const cookie = { httpOnly: true, secure: true, sameSite: 'Strict', path: '/', domain: 'interview.localhost' };

async function cookies(context: BrowserContext): Promise<Record<string, { value: string }>> {
  return Object.fromEntries((await context.cookies(demo)).map((one) => [one.name, one]));
}
