/** Where traces go. */
import type { Logger } from './logger.js';

/** A telemetry setting that can't be used. */
export class TelemetrySettingError extends Error {
  readonly code = 'TELEMETRY_SETTING';
  constructor(message: string) {
    super(message);
    this.name = 'TelemetrySettingError';
  }
}

const TRACES = '/v1/traces';

/**
 * The OTLP/HTTP address for an endpoint as people set it: with its path, or the collector's base. The Thrift endpoint of old Jaegers
 * (`:14268/api/traces`) becomes the OTLP one of the same host, with a warning.
 * @throws TelemetrySettingError for anything but an http(s) URL
 */
export function otlpTracesUrl(endpoint: string, log: Pick<Logger, 'warn'>): string {
  const url = URL.parse(endpoint);
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new TelemetrySettingError('the traces endpoint is not an http(s) URL');
  if (url.port === '14268' && /^\/api\/traces\/?$/.test(url.pathname)) {
    const old = url.host;
    url.port = '4318';
    url.pathname = TRACES;
    url.search = '';
    log.warn({ from: old, to: url.host }, "tracing: Jaeger's Thrift endpoint is not spoken here; using the same host's OTLP endpoint");
  } else if (url.pathname === '/') url.pathname = TRACES;
  return url.href;
}
