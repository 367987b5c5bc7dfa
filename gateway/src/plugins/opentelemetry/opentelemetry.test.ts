import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fakeEnvironment, fakeExchange, outcome, runThrough } from '../testing/fake-exchange.js';
import { openTelemetry } from './index.js';

const queue = {
  max_batch_size: 2,
  max_coalescing_delay: 1,
  max_entries: 10,
  max_bytes: null,
  max_retry_time: 60,
  initial_retry_delay: 0.01,
  max_retry_delay: 60,
};
const defaults = {
  traces_endpoint: 'http://127.0.0.1:9/v1/traces',
  logs_endpoint: null,
  headers: null,
  resource_attributes: { 'deployment.environment': 'tést' },
  queue,
  batch_span_count: null,
  batch_flush_delay: null,
  read_timeout: 5000,
  http_response_header_for_traceid: null,
  header_type: 'preserve',
  sampling_rate: null,
  propagation: { extract: null, clear: null, inject: null, default_format: 'w3c' },
};
const T = '0af7651916cd43dd8448eb211c80319c';
const parent = { traceparent: `00-${T}-b7ad6b7169203331-00` };

async function headersFor(config: Record<string, unknown>, headers: Record<string, string>) {
  const plugin = openTelemetry.create({ ...defaults, sampling_rate: 0, ...config }, fakeEnvironment());
  const exchange = fakeExchange({ headers });
  const { headers: answer } = await runThrough(plugin, exchange);
  plugin.close?.();
  return { sent: exchange.request.headers, answer };
}

describe('propagation', () => {
  test('goes on in the format that it came in, else in the default one', async () => {
    expect((await headersFor({}, parent)).sent.get('traceparent')).toMatch(new RegExp(`^00-${T}-[0-9a-f]{16}-00$`));
    expect((await headersFor({}, {})).sent.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    const jaeger = await headersFor({}, { 'uber-trace-id': `${T}:1:0:1` });
    expect(jaeger.sent.get('uber-trace-id')).toContain(T);
    expect(jaeger.sent.has('traceparent')).toBe(false);
  });

  test('header_type', async () => {
    const ignored = await headersFor({ header_type: 'ignore' }, parent);
    expect(ignored.sent.get('traceparent')).not.toContain(T);
    const both = await headersFor({ header_type: 'b3' }, parent);
    expect(both.sent.get('x-b3-traceid')).toBe(T);
    expect(both.sent.get('traceparent')).toContain(T);
  });

  test('extract, clear, inject', async () => {
    const propagation = { extract: ['w3c'], clear: ['Traceparent'], inject: ['datadog'], default_format: 'w3c' };
    const { sent } = await headersFor({ propagation }, parent);
    expect(sent.has('traceparent')).toBe(false);
    expect(sent.get('x-datadog-trace-id')).toBe('9532127138774266268');
  });

  test('the client learns the trace id where configured', async () => {
    expect((await headersFor({ http_response_header_for_traceid: 'X_Trace' }, parent)).answer).toEqual({ 'x-trace': T });
  });
});

describe('export', () => {
  let endpoint: string;
  let deliver: (body: string) => void = () => {};
  const server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      response.end('{}');
      deliver(text);
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  });
  afterAll(() => void server.close());

  test('a span for the request and one for the service', async () => {
    const delivered = new Promise<string>((resolve) => {
      deliver = resolve;
    });
    const plugin = openTelemetry.create({ ...defaults, traces_endpoint: endpoint }, fakeEnvironment());
    const exchange = fakeExchange({ headers: { traceparent: `00-${T}-b7ad6b7169203331-01` }, target: '/p' });
    plugin.access?.(exchange);
    plugin.log?.(exchange, outcome({ status: 503 }));
    const { resourceSpans } = JSON.parse(await delivered);
    plugin.close?.();
    expect(resourceSpans[0].resource.attributes).toContainEqual({ key: 'deployment.environment', value: { stringValue: 'tést' } });
    const [root, balancer] = resourceSpans[0].scopeSpans[0].spans;
    expect(root).toMatchObject({
      traceId: T,
      parentSpanId: 'b7ad6b7169203331',
      name: 'kong',
      kind: 2,
      startTimeUnixNano: '1700000000000000000',
      endTimeUnixNano: '1700000000010000000',
      status: { code: 2 },
    });
    expect(root.attributes).toContainEqual({ key: 'http.status_code', value: { intValue: '503' } });
    expect(balancer).toMatchObject({ traceId: T, parentSpanId: root.spanId, name: 'kong.balancer', kind: 3 });
    expect(exchange.request.headers.get('traceparent')).toBe(`00-${T}-${balancer.spanId}-01`);
  });
});

test('what can’t be done is refused by its field', () => {
  expect(() => openTelemetry.create({ ...defaults, logs_endpoint: 'http://127.0.0.1:9/v1/logs' }, fakeEnvironment())).toThrow(
    'config.logs_endpoint',
  );
});
