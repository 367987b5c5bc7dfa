import { type Answer, type Identity, type Outcome, RequestContext } from '@gatehouse/policy';
import { type FakeRequest, fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { createLink } from '../link.js';
import { metricsOn } from '../runtime/metrics.js';
import { registryFamilies, telemetry } from './index.js';

const over: Outcome = {
  status: 200,
  source: 'service',
  failure: null,
  upstreamMs: 30,
  totalMs: 40.126,
  gatewayMs: 10,
  bytesIn: 0,
  bytesOut: 0,
  aborted: false,
  answer: null,
};

function setup(config: object = {}, others: Registry[] = []) {
  const base = fakeEffects();
  const registry = new Registry();
  const lines: string[] = [];
  const effects = {
    ...base,
    metrics: metricsOn(registry),
    metricFamilies: () => Promise.all([registry, ...others].map(registryFamilies)),
    accessLog: (line: string) => void lines.push(line),
  };
  const system = { system: 'gongbu', ...config };
  const { instance } = createLink(telemetry, system, effects);
  const server = createLink(telemetry, { ...system, serve: true }, effects);
  const request = (of: FakeRequest = {}, outcome: Partial<Outcome> = {}, identity: Partial<Identity> | null = null) => {
    const context = new RequestContext();
    context.identity = identity as Identity | null;
    const facts = fakeFacts({ route: 'gongbu-courses', service: 'gongbu-course', ...of });
    instance.decide(facts, context, base.now());
    return () => instance.outcome!(facts, context, { ...over, ...outcome }, base.now());
  };
  const scrape = async (of: FakeRequest = {}) =>
    (await server.instance.decide(fakeFacts({ clientIp: '127.0.0.1', ...of }), new RequestContext(), base.now())) as Answer;
  const page = async () => String((await scrape()).body);
  return { request, scrape, page, lines, clock: base.clock, registry, effects };
}

describe('/metrics', () => {
  test.each([
    ['127.0.0.1', 200],
    ['10.1.2.3', 200],
    ['172.31.0.1', 200],
    ['192.168.1.1', 200],
    ['::1', 200],
    ['fd00::1', 200],
    ['::ffff:10.0.0.1', 200],
    ['8.8.8.8', 403],
    ['172.32.0.1', 403],
    ['::ffff:8.8.8.8', 403],
    ['2001:db8::1', 403],
    ['', 403],
    ['nonsense', 403],
  ])('for %s: %d', async (clientIp, status) => {
    const decision = (await setup().scrape({ clientIp })) as unknown as { status?: number; code?: string };
    expect(decision.status ?? (decision.code === 'forbidden' ? 403 : 0)).toBe(status);
  });

  test('is there to be read only', async () =>
    expect(await setup().scrape({ method: 'POST' })).toMatchObject({ code: 'method_not_allowed' }));

  test('counts over all processes', async () => {
    const other = setup({ format: 'gongbu' });
    other.request()();
    const { request, page } = setup({ format: 'gongbu', canonical: false }, [other.registry]);
    request()();
    expect(await page()).toContain('gateway_http_requests_total{method="GET",route="gongbu-courses",status="200",service="course"} 2');
  });
});

describe("each system's names", () => {
  test('gongbu', async () => {
    const { request, page } = setup({ format: 'gongbu', canonical: false });
    request({ clientIp: '203.0.113.9' }, { status: 429, source: 'policy', upstreamMs: null })();
    request();
    const text = await page();
    expect(text).toContain('gateway_http_request_duration_seconds_bucket{method="GET",route="gongbu-courses",service="course",le="0.1"} 1');
    for (const le of ['0.1', '0.5', '1', '2', '5', '10', '+Inf']) expect(text).toContain(`le="${le}"`);
    expect(text).toContain('gateway_active_connections 1');
    expect(text).toContain('gateway_rate_limit_hits_total{ip="203.0.113.9",endpoint="gongbu-courses"} 1');
    expect(text).toContain('# TYPE gateway_service_health gauge');
    expect(text).not.toContain('gatehouse_');
  });

  test('interview', async () => {
    const { request, page } = setup({ format: 'interview', system: 'interview', canonical: false });
    request({ service: 'interview-user' }, { status: 502, source: 'gateway', failure: 'refused' })();
    const text = await page();
    expect(text).toContain('http_requests_total{method="GET",route="gongbu-courses",status="502"} 1');
    expect(text).toContain('http_request_errors_total{method="GET",route="gongbu-courses",status="502"} 1');
    expect(text).toContain('service_proxy_duration_seconds_count{service="user"} 1');
    for (const name of ['http_request_duration_seconds', 'jwt_validation_duration_seconds', 'active_connections'])
      expect(text).toContain(`# TYPE ${name}`);
  });

  test('healthpay, by version', async () => {
    const { request, page, effects } = setup({ format: 'healthpay', system: 'healthpay', versions: ['v1', 'v2'], canonical: false });
    for (const url of ['/v1/wallets', '/v2/wallets', '/v2', '/health']) request({ url })();
    effects.metrics
      .gauge({ name: 'gatehouse_circuit_breaker_state', help: 'x', labels: ['system', 'service'], across: 'max' })
      .set(['healthpay', 'healthpay-wallet'], 2);
    const text = await page();
    expect(text).toContain('healthpay_api_requests_total{version="v1"} 1');
    expect(text).toContain('healthpay_api_requests_total{version="v2"} 2');
    expect(text).toContain('healthpay_circuit_breaker_state{service="wallet"} 2');
    expect(text).toContain('# TYPE healthpay_circuit_breaker_failures_total counter');
  });

  test('freelance, with the busiest addresses', async () => {
    const { request, page, clock } = setup({ format: 'freelance', system: 'freelance', top_ips: 2, canonical: false });
    const hits = (ip: string, times: number) => {
      for (let i = 0; i < times; i++) request({ clientIp: ip }, { status: 500 })();
    };
    hits('203.0.113.1', 3);
    hits('203.0.113.2', 2);
    await clock.advance(5000);
    hits('203.0.113.3', 4);
    await clock.advance(5000);
    hits('203.0.113.3', 1);
    const text = await page();
    expect(text).toContain('gateway_errors_total{endpoint="gongbu-courses"} 10');
    expect(
      text
        .split('\n')
        .filter((line) => line.startsWith('gateway_top_ip_requests{'))
        .sort(),
    ).toEqual(['gateway_top_ip_requests{ip="203.0.113.1"} 3', 'gateway_top_ip_requests{ip="203.0.113.3"} 5']);
  });

  test('the canonical set stands beside them, without other systems', async () => {
    const { request, page, effects } = setup({ format: 'learning', system: 'learning' });
    request()();
    effects.metrics.counter({ name: 'gatehouse_other_total', help: 'x', labels: ['system'] }).add(['gongbu']);
    const text = await page();
    expect(text).toContain('gatehouse_requests_total{system="learning"');
    expect(text).not.toContain('gatehouse_other_total{');
  });
});

describe('labels are bounded', () => {
  test('whatever methods, addresses and versions come', async () => {
    const { request, page } = setup({ format: 'gongbu', ip_labels: 3 });
    for (let i = 0; i < 50; i++) {
      request({ method: `M${i}`, url: `/v${i}`, clientIp: `203.0.113.${i}` }, { status: 429, source: 'policy', upstreamMs: null })();
    }
    const series = (await page()).split('\n');
    expect(series.filter((line) => line.startsWith('gateway_http_requests_total{'))).toEqual([
      'gateway_http_requests_total{method="OTHER",route="gongbu-courses",status="429",service="course"} 50',
    ]);
    expect(series.filter((line) => line.startsWith('gateway_rate_limit_hits_total{'))).toHaveLength(4);
    expect(series.filter((line) => line.startsWith('gatehouse_requests_total{'))).toHaveLength(1);
  });

  test('requests on their way come back to nought, those that were never let in as well', async () => {
    const { request, page, effects } = setup({ format: 'gongbu', canonical: false });
    const done = [request(), request()];
    expect(await page()).toContain('gateway_active_connections 2');
    for (const end of done) end();
    const link = createLink(telemetry, { system: 'gongbu', format: 'gongbu', canonical: false }, effects);
    link.instance.outcome!(fakeFacts(), new RequestContext(), { ...over, status: 401, source: 'policy' }, 0);
    expect(await page()).toContain('gateway_active_connections 0');
  });
});

describe('the access log', () => {
  test('is one JSON line per request', () => {
    const { request, lines } = setup({ log: { service: 'api-gateway' } });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    request({ url: '/users/me?token=abc', headers: { 'x-request-id': 'req-1', traceparent } }, {}, { subject: 'u1' })();
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('\n');
    expect(JSON.parse(lines[0]!)).toEqual({
      timestamp: '2027-01-15T08:00:00.000Z',
      level: 'info',
      service: 'api-gateway',
      message: 'HTTP: GET /users/me 200',
      method: 'GET',
      url: '/users/me?token=[redacted]',
      statusCode: 200,
      duration: 40.13,
      userId: 'u1',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      requestId: 'req-1',
      ip: '203.0.113.7',
      route: 'gongbu-courses',
    });
  });

  test.each([
    [200, 'info'],
    [404, 'info'],
    [429, 'warn'],
    [500, 'error'],
    [503, 'error'],
  ])('%d is %s', (status, level) => {
    const { request, lines } = setup();
    request({}, { status })();
    expect(JSON.parse(lines[0]!).level).toBe(level);
  });

  test('holds nothing that a client could use, or break it with', () => {
    const { request, lines } = setup();
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2ln';
    request(
      { url: `/a\nb/${jwt}?x=${jwt}`, headers: { 'x-request-id': jwt, cookie: 's=1', authorization: 'Bearer S3' } },
      {},
      { subject: '+201012345678' },
    )();
    request({ url: `/${'a/'.repeat(5000)}`, headers: { 'x-request-id': 'a b\r\n' } })();
    const all = lines.join('\n');
    for (const secret of ['eyJ', '2010123', 'S3', 's=1']) expect(all).not.toContain(secret);
    expect(lines.every((line) => !line.includes('\n') && line.length < 8000)).toBe(true);
    expect(JSON.parse(lines[0]!)).toMatchObject({ userId: '[redacted]', requestId: 'a'.repeat(32) });
  });

  test('is off where it is not wanted', () => {
    const { request, lines } = setup({ log: { enabled: false } });
    request()();
    expect(lines).toEqual([]);
  });
});

test.each([
  [{ format: 'other' }, 'format'],
  [{ allow: [] }, 'allow'],
  [{ allow: ['10.0.0.0'] }, 'allow[0]'],
  [{ allow: ['10.0.0.0/99'] }, 'allow[0]'],
  [{ allow: ['999.0.0.0/8'] }, 'allow[0]'],
])('%j names %s', (config, path) => expect(() => setup(config)).toThrow(`telemetry: ${path}: `));
