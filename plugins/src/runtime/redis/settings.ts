/** Which Redis a system uses: named by the operator in the environment, or in a policy's configuration. */
import type { RedisFields, Secrets } from '@gatehouse/policy';

/** How to reach a Redis. The password is read at every connection, so that it may change while the gateway runs. */
export interface RedisSettings {
  readonly host: string;
  readonly port: number;
  readonly username: string | null;
  password(): string | null;
  readonly database: number;
  /** `ca`: PEM, or null for the system's own authorities. `name`: whose certificate is wanted, unless the host's. `verify`: default true. */
  readonly tls: { readonly ca: string | null; readonly name?: string; readonly verify?: boolean } | null;
  /** Milliseconds that a request waits for it at most. */
  readonly deadlineMs: number;
}

/** What is named can't be used. The message has names, never values. */
export class RedisSettingsError extends Error {
  readonly code = 'REDIS_SETTINGS';
}

type Environment = Readonly<Record<string, string | undefined>>;

const PORT = 6379;
const DATABASE_MAX = 1_000_000;
/** Milliseconds that a request waits for Redis at most, unless the operator says otherwise. */
export const COMMAND_DEADLINE_MS = 50;
const DEADLINE_MAX_MS = 10_000;

function portOf(text: string, name: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new RedisSettingsError(`${name} is no port`);
  return port;
}

function databaseOf(path: string, name: string): number {
  const text = path.replace(/^\//, '');
  if (text === '') return 0;
  if (!/^\d{1,7}$/.test(text) || Number(text) > DATABASE_MAX) throw new RedisSettingsError(`${name} names no database by number`);
  return Number(text);
}

function urlOf(text: string, name: string): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'redis:' && url.protocol !== 'rediss:') || url.hostname === '') {
    throw new RedisSettingsError(`${name} is no redis:// or rediss:// address`);
  }
  return url;
}

function deadlineOf(text: string, name: string): number {
  const ms = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (ms < 1 || ms > DEADLINE_MAX_MS) throw new RedisSettingsError(`${name} is no number of milliseconds from 1 to ${DEADLINE_MAX_MS}`);
  return ms;
}

/** What may be known beside a URL, or instead of one. */
interface Parts {
  readonly username: string | null;
  password(): string | null;
  readonly ca: string | null;
  readonly tls: boolean;
  readonly deadlineMs: number;
}

function fromUrl(text: string, name: string, parts: Parts): RedisSettings {
  const url = urlOf(text, name);
  const own = url.password === '' ? null : decodeURIComponent(url.password);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? PORT : Number(url.port),
    username: url.username === '' ? parts.username : decodeURIComponent(url.username),
    password: () => own ?? parts.password(),
    database: databaseOf(url.pathname, name),
    tls: url.protocol === 'rediss:' || parts.tls || parts.ca !== null ? { ca: parts.ca } : null,
    deadlineMs: parts.deadlineMs,
  };
}

function fromHost(host: string, port: number, database: number, parts: Parts): RedisSettings {
  const { username, tls, ca, deadlineMs } = parts;
  return { host, port, database, username, password: () => parts.password(), tls: tls ? { ca } : null, deadlineMs };
}

function fromEnvironment(environment: Environment, prefix: string, secrets: Secrets): RedisSettings | null {
  const value = (name: string): string | null => environment[`${prefix}${name}`] || null;
  const caFile = value('REDIS_CA_FILE');
  const parts: Parts = {
    username: value('REDIS_USERNAME'),
    password: () => value('REDIS_PASSWORD'),
    ca: caFile === null ? null : secrets.read(`file:${caFile}`),
    tls: caFile !== null || value('REDIS_TLS') === 'true',
    deadlineMs: deadlineOf(value('REDIS_DEADLINE_MS') ?? String(COMMAND_DEADLINE_MS), `${prefix}REDIS_DEADLINE_MS`),
  };
  const url = value('REDIS_URL');
  if (url !== null) return fromUrl(url, `${prefix}REDIS_URL`, parts);
  const host = value('REDIS_HOST');
  if (host === null) return null;
  const port = portOf(value('REDIS_PORT') ?? String(PORT), `${prefix}REDIS_PORT`);
  return fromHost(host, port, databaseOf(value('REDIS_DB') ?? '', `${prefix}REDIS_DB`), parts);
}

function fromFields(fields: RedisFields, secrets: Secrets): RedisSettings | null {
  const read = (reference: string | undefined): string | null => (reference === undefined ? null : secrets.read(reference));
  const ca = read(fields.ca);
  const parts: Parts = {
    username: read(fields.username),
    password: () => read(fields.password),
    ca,
    tls: ca !== null,
    deadlineMs: COMMAND_DEADLINE_MS,
  };
  if (fields.url !== undefined) return fromUrl(secrets.read(fields.url), fields.url, parts);
  if (fields.host === undefined) return null;
  const port = fields.port === undefined ? PORT : portOf(secrets.read(fields.port), fields.port);
  return fromHost(secrets.read(fields.host), port, 0, parts);
}

/** `gongbu` → `GONGBU_`. */
const prefixOf = (system: string): string => `${system.toUpperCase().replaceAll('-', '_')}_`;

/**
 * The Redis of a system: as a configuration names it, else by the system's own variables, else by those without its name.
 * @param system empty for none
 * @returns null when nothing names one
 * @throws RedisSettingsError, SecretError
 */
export function redisSettings(environment: Environment, secrets: Secrets, system: string, fields?: RedisFields): RedisSettings | null {
  const named = fields && fromFields(fields, secrets);
  if (named) return named;
  const own = system === '' ? null : fromEnvironment(environment, prefixOf(system), secrets);
  return own ?? fromEnvironment(environment, '', secrets);
}
