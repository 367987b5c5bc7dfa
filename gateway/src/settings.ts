/** What the place decides, not kong.yml: read from the environment by main.ts, with Kong's names where Kong has one. */
import net from 'node:net';
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
  /** Milliseconds between two looks at the files; 0: only a signal makes them be read again. */
  readonly watchMs: number;
}

/** `error`: not reached, or the connection broke before the answer; `timeout`: it took too long. */
export interface RetryOn {
  readonly error: boolean;
  readonly timeout: boolean;
}

/** An environment variable has a value that can't be used. */
export class SettingsError extends Error {
  readonly code = 'SETTINGS_INVALID';
  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'));
  }
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
  http2Streams: 'GATEWAY_HTTP2_STREAMS',
  http2Resets: 'GATEWAY_HTTP2_RESETS',
  http2ControlFrames: 'GATEWAY_HTTP2_CONTROL_FRAMES',
};

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** Reads variables one by one and remembers everything that is wrong with them. */
class Reader {
  readonly faults: string[] = [];

  constructor(readonly environment: Environment) {}

  positive(name: string, standard: number): number {
    const text = this.environment[name];
    if (text === undefined || text === '') return standard;
    if (/^\d{1,10}$/.test(text) && Number(text) > 0) return Number(text);
    this.faults.push(`${name}: "${text}" is no positive whole number`);
    return standard;
  }

  notNegative(name: string, standard: number): number {
    return this.environment[name] === '0' ? 0 : this.positive(name, standard);
  }

  words(name: string, standard: string, separator: RegExp, known: readonly string[]): ReadonlySet<string> {
    const words = (this.environment[name] ?? standard).split(separator).filter((word) => word !== '');
    for (const word of words) {
      if (!known.includes(word.toLowerCase())) this.faults.push(`${name}: "${word}" is none of ${known.join(', ')}`);
    }
    return new Set(words.map((word) => word.toLowerCase()));
  }
}

function trustedIps(reader: Reader): string[] {
  const entries = (reader.environment['KONG_TRUSTED_IPS'] ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/');
    const most = net.isIPv6(address) ? 128 : 32;
    const valid = net.isIP(address) !== 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most));
    if (!valid) reader.faults.push(`KONG_TRUSTED_IPS: "${entry}" is no IP address or CIDR block`);
  }
  return entries;
}

const HEADER_TOKENS = [
  'x-kong-request-id',
  'latency_tokens',
  'server_tokens',
  'server',
  'via',
  'off',
  'x-kong-proxy-latency',
  'x-kong-upstream-latency',
  'x-kong-response-latency',
  'x-kong-upstream-status',
  'x-kong-admin-latency',
];

/** Kong's `headers`: which of the gateway's own headers go out. The embedded plane names no server by default. */
function addedHeaders(reader: Reader): AddedHeaders {
  const tokens = reader.words('KONG_HEADERS', 'X-Kong-Request-Id', /[\s,]+/, HEADER_TOKENS);
  const server = tokens.has('server_tokens');
  return {
    requestId: tokens.has('x-kong-request-id'),
    latency: tokens.has('latency_tokens'),
    server: server || tokens.has('server') ? 'gatehouse' : null,
    via: server || tokens.has('via') ? '1.1 gatehouse' : null,
  };
}

function retryOn(reader: Reader): RetryOn {
  const words = reader.words('KONG_NGINX_PROXY_PROXY_NEXT_UPSTREAM', 'error timeout', /\s+/, ['error', 'timeout', 'off']);
  return { error: words.has('error'), timeout: words.has('timeout') };
}

function logLevel(reader: Reader): Settings['logLevel'] {
  const text = reader.environment['GATEWAY_LOG_LEVEL'] ?? 'info';
  const known = LEVELS.find((level) => level === text);
  if (!known) reader.faults.push(`GATEWAY_LOG_LEVEL: "${text}" is none of ${LEVELS.join(', ')}`);
  return known ?? 'info';
}

function readLimits(reader: Reader): HttpLimits {
  const limits = { ...defaultLimits };
  for (const key of Object.keys(LIMIT_NAMES) as (keyof HttpLimits)[]) limits[key] = reader.positive(LIMIT_NAMES[key], defaultLimits[key]);
  return limits;
}

/**
 * Reads the settings.
 * @throws SettingsError naming every variable that can't be used
 */
export function readSettings(environment: Environment): Settings {
  const reader = new Reader(environment);
  const pair = [environment['KONG_SSL_CERT'], environment['KONG_SSL_CERT_KEY']];
  if (!pair[0] !== !pair[1]) reader.faults.push('KONG_SSL_CERT, KONG_SSL_CERT_KEY: one is set without the other');
  const settings: Settings = {
    trustedIps: trustedIps(reader),
    added: addedHeaders(reader),
    limits: readLimits(reader),
    logLevel: logLevel(reader),
    retryOn: retryOn(reader),
    drainTimeoutMs: reader.positive('GATEWAY_DRAIN_TIMEOUT_MS', 30_000),
    watchMs: reader.notNegative('GATEWAY_WATCH_MS', 1000),
  };
  if (reader.faults.length > 0) throw new SettingsError(reader.faults);
  return settings;
}
