/** Spans by OpenTelemetry, W3C Trace Context in and out, OTLP/HTTP to a collector. Parents are passed by hand: no hidden context. */
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { redactMessage } from './fields.js';
import type { Logger } from './logger.js';
import { ReportingExporter } from './reporting-exporter.js';
import { otlpTracesUrl } from './trace-endpoint.js';

/** Values that a span may have. Text is redacted as in logs. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;
export type SpanRole = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

export interface TracingOptions {
  /** `service.name` of all spans. */
  readonly service: string;
  readonly version?: string;
  /** A collector's OTLP/HTTP endpoint, or an old Jaeger one. Without it spans go nowhere, but ids are made and passed on. */
  readonly endpoint?: string;
  /** Share of traces that begin here and are kept, 0–1; default 1. Traces that come from outside keep their decision. */
  readonly ratio?: number;
  readonly log: Logger;
  /** Longest time in milliseconds that a span waits for others; default 1000. */
  readonly delayMs?: number;
  /** In place of OTLP, for tests. */
  readonly exporter?: SpanExporter;
}

/** Headers of a request, as Node has them. */
export type TraceHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Tracing {
  /** Begins a span; its parent is the `traceparent` of the headers, if there is a sound one. */
  begin(
    name: string,
    options?: { readonly headers?: TraceHeaders; readonly role?: SpanRole; readonly attributes?: SpanAttributes },
  ): ActiveSpan;
  /** Sends what waits. */
  flush(): Promise<void>;
  /** Sends what waits, for 3 s at most, and ends. Never rejects. */
  close(): Promise<void>;
}

/** A span that runs. */
export interface ActiveSpan {
  /** 32 hex digits. */
  readonly traceId: string;
  /** `traceparent` (and `tracestate`) for a request or an event that this span causes. */
  readonly headers: Readonly<Record<string, string>>;
  set(attributes: SpanAttributes): void;
  /** Marks it as failed. */
  fail(error: unknown): void;
  end(): void;
  /** Begins a span below this one. */
  begin(name: string, options?: { readonly role?: SpanRole; readonly attributes?: SpanAttributes }): ActiveSpan;
  /** Runs work in a span below this one, which ends with it; a failure marks it and is passed on. */
  run<T>(name: string, work: (span: ActiveSpan) => Promise<T>, options?: { readonly role?: SpanRole }): Promise<T>;
}

const CLOSE_MS = 3_000;
const KINDS: Record<SpanRole, SpanKind> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
};
const propagator = new W3CTraceContextPropagator();

/** @throws TelemetrySettingError when the endpoint is no URL */
export function createTracing(options: TracingOptions): Tracing {
  const { service, version, endpoint, ratio = 1, log, delayMs = 1_000 } = options;
  const exporter =
    options.exporter ?? (endpoint ? new OTLPTraceExporter({ url: otlpTracesUrl(endpoint, log), timeoutMillis: 5_000 }) : null);
  const root = ratio >= 1 ? new AlwaysOnSampler() : new TraceIdRatioBasedSampler(ratio);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, ...(version && { 'service.version': version }) }),
    sampler: new ParentBasedSampler({ root }),
    spanLimits: { attributeCountLimit: 64, attributeValueLengthLimit: 1024, eventCountLimit: 16 },
    spanProcessors: exporter
      ? [
          new BatchSpanProcessor({
            exporter: new ReportingExporter(exporter, log),
            scheduledDelayMillis: delayMs,
            exportTimeoutMillis: 5_000,
          }),
        ]
      : [],
  });
  const tracer = provider.getTracer('gatehouse', version);
  return {
    begin: (name, { headers = {}, role = 'server', attributes = {} } = {}) => startSpan(tracer, contextOf(headers), name, role, attributes),
    flush: () => provider.forceFlush(),
    close: () => closed(provider),
  };
}

async function closed(provider: TracerProvider): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  await Promise.race([provider.shutdown().catch(() => undefined), late]);
  clearTimeout(timer);
}

/** The parent that a request names. One header of each name: two `traceparent`s are none (W3C Trace Context 3.2). */
function contextOf(headers: TraceHeaders): Context {
  return propagator.extract(ROOT_CONTEXT, headers, {
    keys: (carrier) => Object.keys(carrier),
    get: (carrier, key) => {
      const value = carrier[key];
      return typeof value === 'string' ? value : value?.length === 1 ? value[0] : key === 'tracestate' ? value?.join(',') : undefined;
    },
  });
}

function startSpan(tracer: Tracer, parent: Context, name: string, role: SpanRole, attributes: SpanAttributes): ActiveSpan {
  const span = tracer.startSpan(name, { kind: KINDS[role], attributes: redacted(attributes) }, parent);
  return new TracerSpan(tracer, span, trace.setSpan(parent, span));
}

function redacted(attributes: SpanAttributes): SpanAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === 'string' ? redactMessage(value) : value]),
  );
}

class TracerSpan implements ActiveSpan {
  constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
    private readonly context: Context,
  ) {}

  get traceId(): string {
    return this.span.spanContext().traceId;
  }

  get headers(): Readonly<Record<string, string>> {
    const headers: Record<string, string> = {};
    const set = (carrier: Record<string, string>, name: string, value: string): void => {
      carrier[name] = value;
    };
    propagator.inject(this.context, headers, { set });
    return headers;
  }

  set(attributes: SpanAttributes): void {
    this.span.setAttributes(redacted(attributes));
  }

  fail(error: unknown): void {
    const type = error instanceof Error ? error.name : typeof error;
    const message = redactMessage(error instanceof Error ? error.message : error);
    this.span.setAttribute('error.type', type);
    this.span.addEvent('exception', { 'exception.type': type, 'exception.message': message });
    this.span.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  end(): void {
    this.span.end();
  }

  begin(name: string, { role = 'internal', attributes = {} }: { role?: SpanRole; attributes?: SpanAttributes } = {}): ActiveSpan {
    return startSpan(this.tracer, this.context, name, role, attributes);
  }

  async run<T>(name: string, work: (span: ActiveSpan) => Promise<T>, options: { role?: SpanRole } = {}): Promise<T> {
    const span = this.begin(name, options);
    try {
      return await work(span);
    } catch (error) {
      span.fail(error);
      throw error;
    } finally {
      span.end();
    }
  }
}
