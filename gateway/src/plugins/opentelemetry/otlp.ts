/** Spans in OTLP's JSON encoding (opentelemetry.proto.trace.v1). */
import { fromBytes } from '../lib/bytes.js';

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly kind: 'server' | 'client';
  /** Unix ms. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Attributes;
  readonly failed: boolean;
}

const KINDS = { server: 2, client: 3 } as const;
const STATUS_ERROR = 2;

const nanoseconds = (ms: number): string => (BigInt(Math.round(ms * 1000)) * 1000n).toString();

function anyValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: fromBytes(value) };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value: anyValue(value) }]));
}

/** One span as JSON. */
export function encodeSpan(span: Span): string {
  return JSON.stringify({
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentId !== null && { parentSpanId: span.parentId }),
    name: span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanoseconds(span.start),
    endTimeUnixNano: nanoseconds(Math.max(span.start, span.end)),
    attributes: keyValues(span.attributes),
    ...(span.failed && { status: { code: STATUS_ERROR } }),
  });
}

/** A function that puts encoded spans into one request body. */
export function requestEncoder(resource: Attributes): (spans: readonly string[]) => string {
  const attributes = JSON.stringify(keyValues(resource));
  const scope = '{"name":"kong-internal","version":"0.1.0"}';
  const head = `{"resourceSpans":[{"resource":{"attributes":${attributes}},"scopeSpans":[{"scope":${scope},"spans":[`;
  return (spans) => `${head}${spans.join(',')}]}]}]}`;
}
