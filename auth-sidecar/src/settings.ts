/** What the place decides: read from the environment by main.ts, all faults at once. `.env.example` has the names and meanings. */
import type { Envelope } from '@gatehouse/messaging';
import { type Bounds, SettingsError, SettingsReader, type Variables } from './settings-reader.js';

export { SettingsError, type Variables } from './settings-reader.js';

/** What signs people in. */
export interface OidcSettings {
  /** As tokens and the discovery document name it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: string | null;
  /** Where the provider sends browsers back to: /auth/callback, as the outside sees it. */
  readonly callbackUrl: string;
  /** What access tokens must name. */
  readonly audience: string;
  /** Where a sign-in may return to, compared exactly; the first is the default. */
  readonly redirectUris: readonly string[];
  /** Origins that CORS allows: who may use a browser's cookies. */
  readonly origins: readonly string[];
  readonly sameSite: SameSite;
  /** Milliseconds that a sign-in may take from /auth/login to /auth/callback. */
  readonly loginMs: number;
  /** Milliseconds for which a spent refresh token still gives the pair that replaced it. */
  readonly graceMs: number;
  /** Longest life of an access token, in milliseconds: so long a revocation is kept. */
  readonly accessTokenMaxMs: number;
  /** Milliseconds after which a session that was not refreshed is forgotten. */
  readonly sessionIdleMs: number;
  /** Sessions of one user; the oldest beyond are ended. */
  readonly sessionsPerUser: number;
  /** Milliseconds for one request to the provider. */
  readonly timeoutMs: number;
}

/** Where events go. */
export interface EventSettings {
  /** `host:port` of Kafka's brokers; none: events wait. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly envelope: Envelope;
  /** `redis`: replicas share one outbox. */
  readonly store: 'file' | 'redis';
  /** Of the file outbox: this process's own. */
  readonly directory: string;
}

/** Values of a cookie's SameSite (RFC 6265bis section 4.1.2.7). */
export const sameSites = ['strict', 'lax', 'none'] as const;
export type SameSite = (typeof sameSites)[number];

const levels = ['debug', 'info', 'warn', 'error'] as const;

/** All settings of the sidecar. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly production: boolean;
  readonly logLevel: (typeof levels)[number];
  /** Milliseconds that requests in flight and waiting events get after SIGTERM. */
  readonly drainMs: number;
  /** Secrets that seal what others keep for us; the first seals, all open. Empty in development: one is made up at start. */
  readonly sealSecrets: readonly string[];
  /** Where traces go; null: nowhere. */
  readonly traces: string | null;
  readonly oidc: OidcSettings;
  readonly events: EventSettings;
}

const SECRET_MIN = 32;
const REDIRECTS_MAX = 100;
/** Schemes that a browser runs or reads in the page's own name. */
const DANGEROUS = /^(javascript|data|vbscript|blob|file|about|view-source):/i;
const SECONDS: Bounds = { from: 1, to: 31_536_000 };

const own = (name: string): readonly string[] => [`INTERVIEW_${name}`, name];

function listenAddress(reader: SettingsReader): { host: string; port: number } {
  const url = new URL(reader.webAddress(['AUTH_SIDECAR_URL'], 'http://127.0.0.1:9190', 'http://127.0.0.1:9190'));
  return { host: reader.text(['AUTH_SIDECAR_HOST'], '127.0.0.1'), port: Number(url.port || '80') };
}

/** The first secret seals; those before a rotation stay in the list until all that they sealed is past. */
function sealSecrets(reader: SettingsReader, production: boolean): readonly string[] {
  const secrets = reader.list(['AUTH_SIDECAR_SECRETS'])?.values ?? [];
  if (secrets.some((secret) => secret.length < SECRET_MIN)) {
    reader.missing('AUTH_SIDECAR_SECRETS', `each secret needs ${SECRET_MIN} characters or more: openssl rand -base64 32`);
  }
  if (production && secrets.length === 0) {
    reader.missing('AUTH_SIDECAR_SECRETS', 'is needed in production, the same for all replicas: openssl rand -base64 32');
  }
  return secrets;
}

/** An address that a sign-in may return to: absolute, nothing that a browser would run. */
function isReturnAddress(text: string): boolean {
  return URL.canParse(text) && !DANGEROUS.test(text) && !/[#\\\s]/.test(text) && text.length <= 2000;
}

function redirectUris(reader: SettingsReader, frontend: string): readonly string[] {
  const found = reader.list(own('AUTH_REDIRECT_URIS'));
  if (!found) return [frontend];
  for (const value of found.values) {
    if (!isReturnAddress(value)) reader.fault(found.name, value, 'write absolute addresses without fragment, separated by commas');
  }
  if (found.values.length > REDIRECTS_MAX) reader.missing(found.name, `takes at most ${REDIRECTS_MAX} addresses`);
  return found.values;
}

function callbackUrl(reader: SettingsReader, production: boolean): string {
  const host = reader.text(['INTERVIEW_HOSTS'], 'interview.localhost').split(',')[0]!.trim();
  const port = reader.text(['PROXY_TLS_PORT'], '8443');
  const standard = `https://${host === '*' ? 'localhost' : host}:${port}/auth/callback`;
  const names = own('KEYCLOAK_REDIRECT_URI');
  if (production && reader.text(names, '') === '') reader.missing(names[0]!, 'is needed in production: https://HOST/auth/callback');
  return reader.webAddress(names, standard, 'https://HOST/auth/callback');
}

function oidcSettings(reader: SettingsReader, production: boolean): OidcSettings {
  const seconds = (name: string, standard: number, bounds: Bounds): number => reader.number(name, standard, bounds) * 1000;
  const frontend = reader.webAddress(own('FRONTEND_URL'), 'http://localhost:3000', 'https://app.example');
  const issuer = 'http://127.0.0.1:8180/realms/ai-video-interview';
  const clientId = reader.text(own('KEYCLOAK_CLIENT_ID'), 'ai-video-interview-app');
  return {
    issuer: reader.webAddress(own('KEYCLOAK_ISSUER_URL'), issuer, 'https://HOST/realms/REALM'),
    clientId,
    clientSecret: reader.text(own('KEYCLOAK_CLIENT_SECRET'), '') || null,
    callbackUrl: callbackUrl(reader, production),
    audience: reader.text(own('JWT_AUDIENCE'), clientId),
    redirectUris: redirectUris(reader, frontend),
    origins: [new URL(frontend).origin],
    sameSite: reader.choice(['INTERVIEW_COOKIE_SAME_SITE'], 'strict', sameSites),
    loginMs: seconds('INTERVIEW_LOGIN_SECONDS', 600, { from: 30, to: 3600 }),
    graceMs: seconds('INTERVIEW_REFRESH_GRACE_SECONDS', 10, { from: 1, to: 300 }),
    accessTokenMaxMs: seconds('INTERVIEW_ACCESS_TOKEN_MAX_SECONDS', 3600, SECONDS),
    sessionIdleMs: seconds('INTERVIEW_SESSION_IDLE_SECONDS', 2_592_000, SECONDS),
    sessionsPerUser: reader.number('INTERVIEW_SESSIONS_PER_USER', 50, { from: 1, to: 1000 }),
    timeoutMs: reader.number('INTERVIEW_KEYCLOAK_TIMEOUT_MS', 5000, { from: 100, to: 60_000 }),
  };
}

/** The outbox's own directory has the port in its name: two sidecars on one machine have two. */
function eventSettings(reader: SettingsReader, port: number): EventSettings {
  const found = reader.list(['INTERVIEW_KAFKA_BROKERS', 'KAFKA_BROKERS']);
  const brokers = found?.values ?? [];
  for (const broker of brokers) if (!/^[^\s:/]+:\d{1,5}$/.test(broker)) reader.fault(found!.name, broker, 'write HOST:PORT');
  const mode = reader.choice(['INTERVIEW_EVENT_ENVELOPE'], 'plain', ['plain', 'structured', 'binary']);
  return {
    brokers,
    clientId: reader.text(own('KAFKA_CLIENT_ID'), 'gatehouse'),
    envelope: mode === 'plain' ? { mode } : { mode, source: '/gatehouse/auth-sidecar' },
    store: reader.choice(['AUTH_OUTBOX_STORE'], 'file', ['file', 'redis']),
    directory: reader.text(['AUTH_OUTBOX_DIR'], `${reader.text(['GATEHOUSE_RUN_DIR'], '.run')}/outbox-${port}`),
  };
}

/**
 * Reads the settings.
 * @throws SettingsError naming every variable that can't be used
 */
export function readSettings(variables: Variables): Settings {
  const reader = new SettingsReader(variables);
  // A name that nobody knows is no licence for development's defaults.
  const production = !['development', 'test'].includes(reader.text(['INTERVIEW_NODE_ENV', 'NODE_ENV'], 'development'));
  const listen = listenAddress(reader);
  const settings: Settings = {
    ...listen,
    production,
    logLevel: reader.choice(own('LOG_LEVEL'), 'info', levels),
    drainMs: reader.number('AUTH_SIDECAR_DRAIN_TIMEOUT_MS', 10_000, { from: 100, to: 300_000 }),
    sealSecrets: sealSecrets(reader, production),
    traces: reader.text(own('JAEGER_ENDPOINT'), '') || null,
    oidc: oidcSettings(reader, production),
    events: eventSettings(reader, listen.port),
  };
  if (reader.faults.length > 0) throw new SettingsError(reader.faults);
  return settings;
}
