/** What the place decides, not kong.yml: read from the environment by main.ts, with Kong's names where Kong has one. */
import { defaultLimits, type HttpLimits } from './http1/limits.js';
import type { AddedHeaders } from './phases/plane.js';

export interface Settings {
  readonly trustedIps: readonly string[];
  readonly added: AddedHeaders;
  readonly limits: HttpLimits;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** After which failures another target is tried (nginx: proxy_next_upstream). */
  readonly retryOn: RetryOn;
  /** Milliseconds that requests in flight get after SIGTERM. */
  readonly drainTimeoutMs: number;
}

/** `error`: not reached, or the connection broke before the answer; `timeout`: it took too long. */
export interface RetryOn {
  readonly error: boolean;
  readonly timeout: boolean;
}

/** An environment variable has a value that can't be used. */
export class SettingsError extends Error {
  readonly code = 'SETTINGS_INVALID';
}

type Environment = Readonly<Record<string, string | undefined>>;

const LIMIT_NAMES: Record<keyof HttpLimits, string> = {
  requestLineBytes: 'GATEWAY_REQUEST_LINE_BYTES',
  headerLineBytes: 'GATEWAY_HEADER_LINE_BYTES',
  headBytes: 'GATEWAY_HEAD_BYTES',
  headerCount: 'GATEWAY_HEADER_COUNT',
  headTimeoutMs: 'GATEWAY_HEAD_TIMEOUT_MS',
  bodyTimeoutMs: 'GATEWAY_BODY_TIMEOUT_MS',
  keepAliveTimeoutMs: 'GATEWAY_KEEPALIVE_TIMEOUT_MS',
  sendTimeoutMs: 'GATEWAY_SEND_TIMEOUT_MS',
  lingerTimeoutMs: 'GATEWAY_LINGER_TIMEOUT_MS',
  keepAliveRequests: 'GATEWAY_KEEPALIVE_REQUESTS',
  discardBytes: 'GATEWAY_DISCARD_BYTES',
};

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

function positive(environment: Environment, name: string, standard: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return standard;
  if (!/^\d{1,10}$/.test(text) || Number(text) === 0) throw new SettingsError(`${name}: "${text}" is no positive whole number`);
  return Number(text);
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Kong's `headers`: which of the gateway's own headers go out. The embedded plane names no server by default. */
function addedHeaders(text: string | undefined): AddedHeaders {
  const tokens = new Set(list(text ?? 'X-Kong-Request-Id').map((token) => token.toLowerCase()));
  const server = tokens.has('server_tokens');
  return {
    requestId: tokens.has('x-kong-request-id'),
    latency: tokens.has('latency_tokens'),
    server: server || tokens.has('server') ? 'gatehouse' : null,
    via: server || tokens.has('via') ? '1.1 gatehouse' : null,
  };
}

function retryOn(text: string | undefined): RetryOn {
  const words = (text ?? 'error timeout').split(/\s+/).filter((word) => word !== '');
  const unknown = words.find((word) => !['error', 'timeout', 'off'].includes(word));
  if (unknown) throw new SettingsError(`KONG_NGINX_PROXY_PROXY_NEXT_UPSTREAM: "${unknown}" is none of error, timeout, off`);
  return { error: words.includes('error'), timeout: words.includes('timeout') };
}

/**
 * Reads the settings.
 * @throws SettingsError naming the variable.
 */
export function readSettings(environment: Environment): Settings {
  const limits = { ...defaultLimits };
  for (const key of Object.keys(LIMIT_NAMES) as (keyof HttpLimits)[]) {
    limits[key] = positive(environment, LIMIT_NAMES[key], defaultLimits[key]);
  }
  const level = environment['GATEWAY_LOG_LEVEL'] ?? 'info';
  const logLevel = LEVELS.find((known) => known === level);
  if (!logLevel) throw new SettingsError(`GATEWAY_LOG_LEVEL: "${level}" is none of ${LEVELS.join(', ')}`);
  return {
    trustedIps: list(environment['KONG_TRUSTED_IPS']),
    added: addedHeaders(environment['KONG_HEADERS']),
    limits,
    logLevel,
    retryOn: retryOn(environment['KONG_NGINX_PROXY_PROXY_NEXT_UPSTREAM']),
    drainTimeoutMs: positive(environment, 'GATEWAY_DRAIN_TIMEOUT_MS', 30_000),
  };
}
