/** A sidecar in process with the embedded provider, and browsers and apps that use it. */
import type { OutgoingEvent } from '@gatehouse/messaging';
import { createRuntime } from '@gatehouse/plugins';
import type { LogLevel, Revocation } from '@gatehouse/policy';
import { createLogger, createTracing } from '@gatehouse/telemetry';
import { call, FormBrowser, type Page } from '@gatehouse/testkit';
import type { Dependencies, SharedMemory } from '../dependencies.js';
import { type RunningProvider, startProvider } from '../provider/index.js';
import { SidecarServer } from '../server.js';
import { readSettings, type Settings, type Variables } from '../settings.js';
import { createSidecar, type Sidecar } from '../sidecar.js';

export const HOST = 'https://interview.localhost:8443';
export const FRONTEND = 'https://app.interview.localhost';
const SECRET = 'a-secret-of-tests-that-is-long-enough-for-all';

/** What tests change. */
export interface WorldOptions {
  readonly variables?: Variables;
  /** In place of stores in process. */
  readonly stores?: Dependencies['stores'];
  readonly sharedMemory?: (system: string) => SharedMemory | null;
  readonly provider?: RunningProvider;
  /** Added to the real time (ms). */
  readonly skew?: () => number;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
  readonly tokenType: string;
}

const silent = createLogger({ service: 'test', level: 'silent' });

/** One replica of the sidecar. */
export class SidecarWorld implements AsyncDisposable {
  readonly events: OutgoingEvent[] = [];
  readonly revocations: Revocation[] = [];
  readonly lines: { level: LogLevel; message: string; fields: unknown }[] = [];

  private constructor(
    readonly url: string,
    readonly settings: Settings,
    readonly sidecar: Sidecar,
    private readonly end: () => Promise<void>,
  ) {}

  static async start(provider: RunningProvider, options: WorldOptions = {}): Promise<SidecarWorld> {
    const variables = variablesOf(provider, options.variables);
    const settings = readSettings(variables);
    const kept: Pick<SidecarWorld, 'events' | 'lines'> = { events: [], lines: [] };
    const runtime = createRuntime({
      log: (level, message, fields) => void kept.lines.push({ level, message, fields }),
      environment: variables,
      now: () => Date.now() + (options.skew?.() ?? 0),
    });
    const deps: Dependencies = {
      ...runtime.effects,
      stores: options.stores ?? ((system) => runtime.effects.stores(system)),
      events: { publish: (event) => void kept.events.push(event), stored: async () => true },
      tracing: createTracing({ service: 'test', log: silent }),
      variables,
      fetch,
      sharedMemory: options.sharedMemory ?? (() => null),
    };
    const metrics = async () => ({ type: runtime.registry.contentType, text: await runtime.registry.metrics() });
    const sidecar = createSidecar(deps, settings, { metrics, draining: () => false });
    const server = new SidecarServer(sidecar.app, deps);
    const port = await server.listen(0, '127.0.0.1');
    const end = async (): Promise<void> => {
      await server.close(0);
      await sidecar.close();
      runtime.close();
    };
    const world = new SidecarWorld(`http://127.0.0.1:${port}`, settings, sidecar, end);
    Object.assign(world, kept);
    const { revocations } = deps.stores('interview');
    revocations.follow(
      (revocation) => void world.revocations.push(revocation),
      () => undefined,
    );
    return world;
  }

  /** Events of a type, with their values. */
  told(type: string): Record<string, unknown>[] {
    return this.events.filter((event) => event.type === type).map(({ value }) => value as Record<string, unknown>);
  }

  /** A browser on the outside's addresses; `cookies` and redirects are its own. */
  browser(headers: Record<string, string> = {}): FormBrowser {
    return new FormBrowser({ headers, reach: ({ origin }) => (origin === HOST ? this.url : undefined) });
  }

  /** One request of an app: no cookies, no Origin. */
  ask(path: string, options: Parameters<typeof call>[1] = {}) {
    return call(`${this.url}${path}`, options);
  }

  /** POST /auth/login of a page of the frontend. */
  async begin(browser: FormBrowser, body: object = {}, headers: Record<string, string> = {}): Promise<{ authUrl: string; state: string }> {
    const page = await browser.visit(`${HOST}/auth/login`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', accept: 'application/json', origin: FRONTEND, ...headers },
    });
    return page.json as { authUrl: string; state: string };
  }

  /** Signs a browser in; ends at the frontend, with cookies. */
  async signIn(browser = this.browser(), username = 'mina.park'): Promise<{ browser: FormBrowser; page: Page }> {
    const { authUrl } = await this.begin(browser);
    const callback = await approve(browser, authUrl, username);
    return { browser, page: await browser.visit(callback.href, { until: ({ origin }) => origin === FRONTEND }) };
  }

  /** Signs an app in: it opens a browser for the provider alone. */
  async signInApp(username = 'mina.park', browser = new FormBrowser()): Promise<Tokens> {
    const begun = await this.ask('/auth/login', { method: 'POST' });
    const callback = await approve(browser, (begun.json as { authUrl: string }).authUrl, username);
    const answer = await this.ask(callback.pathname + callback.search, { headers: { 'user-agent': 'InterviewApp/2.1' } });
    return answer.json as Tokens;
  }

  refresh(refreshToken: string) {
    return this.ask('/auth/refresh', { json: { refreshToken } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

function variablesOf(provider: RunningProvider, more: Variables = {}): Variables {
  return {
    AUTH_SIDECAR_SECRETS: SECRET,
    INTERVIEW_KEYCLOAK_ISSUER_URL: provider.issuer,
    INTERVIEW_KEYCLOAK_CLIENT_SECRET: 'interview-development-secret-never-in-production',
    INTERVIEW_FRONTEND_URL: FRONTEND,
    INTERVIEW_KEYCLOAK_TIMEOUT_MS: '5000',
    ...more,
  };
}

/** Goes through the provider's pages; the callback's address with code and state. */
export async function approve(browser: FormBrowser, authUrl: string, username = 'mina.park'): Promise<URL> {
  const until = ({ pathname }: URL): boolean => pathname === '/auth/callback';
  const first = await browser.visit(authUrl, { until });
  // Who is signed in at the provider is not asked again.
  const last = first.status === 303 ? first : await browser.submit(first, { username, password: 'password' }, { until });
  return new URL(last.headers.location ?? '', last.url);
}

/** The provider for one test file. */
export const provider = (backchannelLogoutUri?: () => string): Promise<RunningProvider> =>
  startProvider({ port: 0, ...(backchannelLogoutUri ? { backchannelLogoutUri } : {}) });
