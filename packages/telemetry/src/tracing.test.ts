import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLogger } from './logger.js';
import { otlpTracesUrl, TelemetrySettingError } from './trace-endpoint.js';
import { createTracing, type Tracing } from './tracing.js';

interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: { key: string; value: Record<string, unknown> }[];
  events: { name: string }[];
  status: { code?: number; message?: string };
}

/** A collector that speaks OTLP/HTTP with JSON and keeps what it was sent. */
class Collector {
  readonly spans: SentSpan[] = [];
  readonly services = new Set<unknown>();
  status = 200;
  private readonly server = http.createServer((request, response) => void this.take(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async take(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    if (request.url === '/v1/traces' && this.status === 200) this.keep(JSON.parse(body.toString()));
    response.writeHead(this.status, { 'content-type': 'application/json' }).end('{}');
  }

  private keep(sent: {
    resourceSpans: { resource: { attributes: { key: string; value: { stringValue?: string } }[] }; scopeSpans: { spans: SentSpan[] }[] }[];
  }): void {
    for (const { resource, scopeSpans } of sent.resourceSpans) {
      this.services.add(resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue);
      for (const { spans } of scopeSpans) this.spans.push(...spans);
    }
  }
}

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const lines: string[] = [];
const log = createLogger({ service: 'test', output: { write: (line) => void lines.push(line) } });
const collector = { current: new Collector() };
let tracing: Tracing;

beforeEach(async () => {
  collector.current = new Collector();
  lines.length = 0;
  tracing = createTracing({ service: 'auth-sidecar', version: '1.2.3', endpoint: await collector.current.start(), log, delayMs: 10 });
});

afterEach(async () => {
  await tracing.close();
  await collector.current.stop();
});

describe('spans', () => {
  test("a request's trace goes on: parent in, children, headers out", async () => {
    const span = tracing.begin('POST /auth/login', { headers: { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'a=1' } });
    expect(span.traceId).toBe(TRACE);
    const child = await span.run('keycloak', async (inner) => inner.headers, { role: 'client' });
    span.end();
    await tracing.flush();
    const { spans, services } = collector.current;
    const server = spans.find(({ name }) => name === 'POST /auth/login')!;
    const client = spans.find(({ name }) => name === 'keycloak')!;
    expect(services).toEqual(new Set(['auth-sidecar']));
    expect([server.traceId, server.parentSpanId, server.kind]).toEqual([TRACE, PARENT, 2]);
    expect([client.traceId, client.parentSpanId, client.kind]).toEqual([TRACE, server.spanId, 3]);
    expect(child).toEqual({ traceparent: `00-${TRACE}-${client.spanId}-01`, tracestate: 'a=1' });
  });

  test.each([
    ['none', undefined],
    ['version ff', `ff-${TRACE}-${PARENT}-01`],
    ['no trace', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['capitals', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['two', [`00-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01`]],
    ['rubbish', 'x'.repeat(10_000)],
  ])('a new trace begins for a traceparent that is no parent: %s', (_what, traceparent) => {
    const span = tracing.begin('x', { headers: { traceparent } });
    expect(span.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    expect(span.traceId).not.toBe(TRACE);
    expect(span.headers['traceparent']).toMatch(new RegExp(`^00-${span.traceId}-[0-9a-f]{16}-01$`));
  });

  test('a failure is on the span, its secrets are not, and it is passed on', async () => {
    const span = tracing.begin('x', { attributes: { 'url.full': '/auth/callback?code=S3CR3T', n: 1 } });
    const failed = span.run('inner', () => Promise.reject(new TypeError('no /x?token=S3CR3T')));
    await expect(failed).rejects.toThrow(TypeError);
    span.set({ later: 'Bearer S3CR3T7' });
    span.end();
    await tracing.flush();
    const inner = collector.current.spans.find(({ name }) => name === 'inner')!;
    expect(inner.status).toEqual({ code: 2, message: 'no /x?token=[redacted]' });
    expect(inner.events.map(({ name }) => name)).toEqual(['exception']);
    expect(JSON.stringify(collector.current.spans)).not.toContain('S3CR3T');
  });

  test('what the caller decided not to keep is not kept, but its ids are passed on', async () => {
    const span = tracing.begin('x', { headers: { traceparent: `00-${TRACE}-${PARENT}-00` } });
    expect(span.headers['traceparent']).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    span.end();
    await tracing.flush();
    expect(collector.current.spans).toEqual([]);
  });
});

describe('the collector', () => {
  test('is away: one line says so, one says that it is back', async () => {
    collector.current.status = 400;
    for (let i = 0; i < 3; i++) {
      tracing.begin('x').end();
      await tracing.flush().catch(() => undefined);
    }
    collector.current.status = 200;
    tracing.begin('y').end();
    await tracing.flush();
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(['tracing: spans could not be sent', 'tracing: spans are sent again']);
    expect(collector.current.spans.map(({ name }) => name)).toEqual(['y']);
  });

  test('is none: ids are made all the same', async () => {
    const quiet = createTracing({ service: 's', log });
    const span = quiet.begin('x');
    expect(span.headers['traceparent']).toContain(span.traceId);
    span.end();
    await quiet.close();
  });
});

describe('the endpoint', () => {
  const warnings: string[] = [];
  const warn = (_fields: object, message: string): void => void warnings.push(message);
  beforeEach(() => void warnings.splice(0));

  test.each([
    ['http://jaeger:14268/api/traces', 'http://jaeger:4318/v1/traces', 1],
    ['https://jaeger.example:14268/api/traces/', 'https://jaeger.example:4318/v1/traces', 1],
    ['http://jaeger:14268/api/traces?format=jaeger.thrift', 'http://jaeger:4318/v1/traces', 1],
    ['http://collector:4318', 'http://collector:4318/v1/traces', 0],
    ['http://collector:4318/', 'http://collector:4318/v1/traces', 0],
    ['http://collector:4318/v1/traces', 'http://collector:4318/v1/traces', 0],
    ['https://otlp.example/team/v1/traces', 'https://otlp.example/team/v1/traces', 0],
  ])('%s', (endpoint, url, count) => {
    expect(otlpTracesUrl(endpoint, { warn })).toBe(url);
    expect(warnings).toHaveLength(count);
  });

  test.each(['jaeger:14268', 'udp://jaeger:6831', '', 'http://'])('%s is refused', (endpoint) =>
    expect(() => otlpTracesUrl(endpoint, { warn })).toThrow(TelemetrySettingError),
  );
});
