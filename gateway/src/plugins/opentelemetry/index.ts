/** Twin of Kong's opentelemetry: passes trace contexts on and exports spans to a collector (OTLP over HTTP). */
import crypto from 'node:crypto';
import type { Exchange, Outcome, PluginEnvironment, PluginInstance, PluginTwin, ResponseHead } from '../../plugin.js';
import { BatchQueue, type QueueSettings, sleep } from '../lib/batch-queue.js';
import { toBytes } from '../lib/bytes.js';
import { ConfigError } from '../lib/config-error.js';
import { responseName } from '../lib/header-lookup.js';
import { Poster } from '../lib/http-post.js';
import type { Extracted, Format, Injected } from './context.js';
import { extract } from './extract.js';
import { inject } from './inject.js';
import { encodeSpan, requestEncoder } from './otlp.js';

/** Kong's schema (kong/plugins/opentelemetry/schema.lua), defaults filled in. Times in milliseconds. */
interface OpenTelemetryConfig {
  traces_endpoint: string | null;
  logs_endpoint: string | null;
  headers: Record<string, string> | null;
  resource_attributes: Record<string, string> | null;
  queue: QueueSettings;
  batch_span_count: number | null;
  batch_flush_delay: number | null;
  read_timeout: number;
  http_response_header_for_traceid: string | null;
  header_type: 'preserve' | 'ignore' | Format | null;
  sampling_rate: number | null;
  propagation: {
    extract: Format[] | null;
    clear: string[] | null;
    inject: ('preserve' | Format)[] | null;
    default_format: Format;
  };
}

const ALL_FORMATS: readonly Format[] = ['b3', 'w3c', 'jaeger', 'ot', 'datadog', 'aws', 'gcp'];

interface Propagation {
  readonly extract: readonly Format[];
  readonly clear: readonly string[];
  readonly inject: readonly ('preserve' | Format)[];
  readonly fallback: Format;
}

/** The newer `propagation` where anything of it is set, else what the older `header_type` stands for. */
function propagationOf({ propagation, header_type }: OpenTelemetryConfig): Propagation {
  const { default_format: fallback } = propagation;
  if (propagation.extract || propagation.clear || propagation.inject) {
    const clear = (propagation.clear ?? []).map((name) => name.toLowerCase());
    return { extract: propagation.extract ?? [], clear, inject: propagation.inject ?? [], fallback };
  }
  const type = header_type ?? 'preserve';
  if (type === 'ignore') return { extract: [], clear: [], inject: [fallback], fallback };
  return { extract: ALL_FORMATS, clear: [], inject: type === 'preserve' ? ['preserve'] : ['preserve', type], fallback };
}

/** The trace of one request. */
interface Trace {
  readonly traceId: string;
  readonly rootId: string;
  readonly upstreamId: string;
  readonly parentId: string | null;
  readonly sampled: boolean;
}

const randomHex = (bytes: number): string => crypto.randomBytes(bytes).toString('hex');

/** Decides by the trace id, so that every hop with the same rate decides alike. */
function sampledByRate(traceId: string, rate: number): boolean {
  return Number.parseInt(traceId.slice(-13), 16) < rate * 16 ** 13;
}

const OLD_SPAN_COUNT = 200;
const OLD_FLUSH_DELAY = 3;

function settingsOf({ queue, batch_span_count, batch_flush_delay }: OpenTelemetryConfig): QueueSettings {
  return {
    ...queue,
    ...(batch_span_count && batch_span_count !== OLD_SPAN_COUNT && { max_batch_size: batch_span_count }),
    ...(batch_flush_delay && batch_flush_delay !== OLD_FLUSH_DELAY && { max_coalescing_delay: batch_flush_delay }),
  };
}

class OpenTelemetry implements PluginInstance {
  private readonly propagation: Propagation;
  private readonly poster: Poster;
  private readonly queue: BatchQueue;
  private readonly traceHeader: string | null;

  constructor(
    private readonly config: OpenTelemetryConfig,
    environment: PluginEnvironment,
  ) {
    if (config.logs_endpoint) throw new ConfigError('config.logs_endpoint', 'log export is not available here');
    this.propagation = propagationOf(config);
    this.traceHeader = config.http_response_header_for_traceid && responseName(config.http_response_header_for_traceid);
    this.poster = new Poster(new URL(config.traces_endpoint ?? 'http://127.0.0.1'), {
      method: 'POST',
      headers: { ...config.headers, 'Content-Type': 'application/json' },
      timeoutMs: config.read_timeout,
      verifyTls: true,
    });
    const encode = requestEncoder({ 'service.name': 'kong', 'service.version': '3.9.3', ...bytesOf(config.resource_attributes) });
    const log = (level: 'warn' | 'error', message: string): void => environment.log(level, message);
    this.queue = new BatchQueue(settingsOf(config), (spans) => this.poster.send(encode(spans)), {
      now: () => environment.now(),
      sleep,
      log,
    });
  }

  access(exchange: Exchange): undefined {
    const { headers } = exchange.request;
    const extracted = extract(headers, this.propagation.extract);
    const trace = this.begin(extracted);
    exchange.local.set(this, trace);
    for (const key of this.propagation.clear) headers.remove(key);
    inject(headers, this.formats(extracted), injectedOf(trace, extracted));
  }

  headerFilter(exchange: Exchange, head: ResponseHead): void {
    const trace = exchange.local.get(this) as Trace | undefined;
    if (trace && this.traceHeader !== null) head.headers.add(this.traceHeader, trace.traceId);
  }

  log(exchange: Exchange, outcome: Outcome): void {
    const trace = exchange.local.get(this) as Trace | undefined;
    if (trace?.sampled) for (const span of spansOf(exchange, outcome, trace)) this.queue.add(span);
  }

  close(): void {
    void this.queue.close().finally(() => this.poster.close());
  }

  private begin(extracted: Extracted | null): Trace {
    const traceId = extracted?.traceId ?? randomHex(16);
    const { sampling_rate } = this.config;
    const sampled = sampling_rate === null ? (extracted?.sampled ?? true) : sampledByRate(traceId, sampling_rate);
    return { traceId, rootId: randomHex(8), upstreamId: randomHex(8), parentId: extracted?.spanId ?? null, sampled };
  }

  private formats(extracted: Extracted | null): Set<Format> {
    const preserved = extracted?.format ?? this.propagation.fallback;
    return new Set(this.propagation.inject.map((format) => (format === 'preserve' ? preserved : format)));
  }
}

const NO_BAGGAGE: ReadonlyMap<string, string> = new Map();
/** Digits of a trace id that nobody sent. */
const FULL_DIGITS = 32;

function injectedOf(trace: Trace, extracted: Extracted | null): Injected {
  return {
    traceId: trace.traceId,
    sentDigits: extracted?.sentDigits ?? FULL_DIGITS,
    spanId: trace.upstreamId,
    parentId: trace.rootId,
    sampled: trace.sampled,
    debug: extracted?.debug ?? false,
    baggage: extracted?.baggage ?? NO_BAGGAGE,
  };
}

function bytesOf(attributes: Record<string, string> | null): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes ?? {}).map(([name, value]) => [name, toBytes(value)]));
}

function* spansOf(exchange: Exchange, outcome: Outcome, trace: Trace): Generator<string> {
  const { request, route, service, startedAt } = exchange;
  const { traceId, rootId, upstreamId, parentId } = trace;
  const failed = outcome.status >= 500;
  const attributes = {
    'http.method': request.method,
    'http.url': `${request.scheme}://${request.host}:${request.connection.localPort}${request.rawPath}`,
    'http.host': request.host,
    'http.scheme': request.scheme,
    'http.flavor': request.httpVersion.toFixed(1),
    'http.client_ip': request.clientIp,
    'net.peer.ip': request.remoteAddress,
    'http.route': toBytes(route?.name ?? route?.id ?? ''),
    'http.status_code': outcome.status,
    'kong.request.id': exchange.id,
    'kong.service': toBytes(service?.name ?? ''),
  };
  yield encodeSpan({
    traceId,
    spanId: rootId,
    parentId,
    name: 'kong',
    kind: 'server',
    start: startedAt,
    end: startedAt + outcome.totalMs,
    attributes,
    failed,
  });
  if (outcome.upstreamMs === null) return;
  const start = startedAt + outcome.gatewayMs;
  const peer = { 'net.peer.name': toBytes(service?.host ?? '') };
  yield encodeSpan({
    traceId,
    spanId: upstreamId,
    parentId: rootId,
    name: 'kong.balancer',
    kind: 'client',
    start,
    end: start + outcome.upstreamMs,
    attributes: peer,
    failed,
  });
}

export const openTelemetry: PluginTwin = {
  name: 'opentelemetry',
  priority: 14,
  version: '3.9.3',
  create: (config, environment) => new OpenTelemetry(config as unknown as OpenTelemetryConfig, environment),
};
