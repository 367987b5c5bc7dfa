import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PluginInstance } from '../../plugin.js';
import { type FakeRequest, fakeEnvironment, fakeExchange, outcome } from '../testing/fake-exchange.js';
import { CounterFamily, HistogramFamily } from './families.js';
import { metricsText, prometheus } from './index.js';

const all = {
  per_consumer: true,
  status_code_metrics: true,
  ai_metrics: false,
  latency_metrics: true,
  bandwidth_metrics: true,
  upstream_health_metrics: false,
};
const plugin = (config: Record<string, unknown> = all): PluginInstance => prometheus.create({ ...all, ...config }, fakeEnvironment());
const count = (instance: PluginInstance, request: FakeRequest, fields = {}): void => instance.log?.(fakeExchange(request), outcome(fields));
const linesOf = (part: string, text = metricsText()): string[] =>
  text.split('\n').filter((line) => line.includes(part) && !line.startsWith('#'));

describe('what is counted', () => {
  test('status, bytes and latencies under Kong’s names and labels', () => {
    const instance = plugin();
    const request = { route: { name: 'r1' }, service: { name: 's1' }, consumer: { username: 'alice' } };
    count(instance, request, { status: 201, bytesIn: 10, bytesOut: 20, totalMs: 26, upstreamMs: 25, gatewayMs: 0.5 });
    count(instance, request, { status: 503, source: 'error', bytesIn: 1, bytesOut: 2, totalMs: 99_999, upstreamMs: null, gatewayMs: 3 });
    const text = metricsText();
    expect(linesOf('route="r1"', text)).toEqual(
      expect.arrayContaining([
        'kong_http_requests_total{service="s1",route="r1",code="201",source="service",workspace="default",consumer="alice"} 1',
        'kong_http_requests_total{service="s1",route="r1",code="503",source="kong",workspace="default",consumer="alice"} 1',
        'kong_bandwidth_bytes{service="s1",route="r1",direction="ingress",workspace="default",consumer="alice"} 11',
        'kong_bandwidth_bytes{service="s1",route="r1",direction="egress",workspace="default",consumer="alice"} 22',
        'kong_request_latency_ms_bucket{service="s1",route="r1",workspace="default",le="25"} 0',
        'kong_request_latency_ms_bucket{service="s1",route="r1",workspace="default",le="60000"} 1',
        'kong_request_latency_ms_bucket{service="s1",route="r1",workspace="default",le="+Inf"} 2',
        'kong_request_latency_ms_sum{service="s1",route="r1",workspace="default"} 100025',
        'kong_upstream_latency_ms_bucket{service="s1",route="r1",workspace="default",le="25"} 1',
        'kong_upstream_latency_ms_count{service="s1",route="r1",workspace="default"} 1',
        'kong_kong_latency_ms_bucket{service="s1",route="r1",workspace="default",le="1"} 1',
        'kong_kong_latency_ms_count{service="s1",route="r1",workspace="default"} 2',
      ]),
    );
    expect(text).toContain('# TYPE kong_request_latency_ms histogram\n');
  });

  test('each kind only where it is switched on', () => {
    count(plugin({ status_code_metrics: false, latency_metrics: false, per_consumer: false }), { route: { name: 'r2' } });
    expect(linesOf('route="r2"').every((line) => line.startsWith('kong_bandwidth_bytes'))).toBe(true);
  });

  test('the consumer only per consumer, names or else ids and hosts, and nothing without a route', () => {
    const instance = plugin({ per_consumer: false });
    count(instance, { route: { name: null, id: 'r3' }, service: { name: null, host: 'h3' }, consumer: { username: 'alice' } });
    count(instance, { route: null });
    expect(linesOf('h3').every((line) => line.includes('service="h3",route="r3"'))).toBe(true);
    expect(linesOf('requests_total{service="h3"')[0]).toMatch(/consumer=""} 1$/);
  });

  test('a service that is none', () => {
    count(plugin(), { route: { name: 'r4' }, service: null });
    expect(linesOf('requests_total{service="",route="r4"')).toHaveLength(1);
  });
});

describe('health of targets', () => {
  const source = {
    snapshot: () => [
      {
        name: 'up',
        targets: [
          { target: 'a:80', addresses: [{ ip: '10.0.0.1', port: 80, health: 'HEALTHY' }] },
          { target: 'b:80', addresses: [] },
        ],
      },
    ],
  };
  const instance = plugin({ upstream_health_metrics: true });
  afterAll(() => instance.close?.());

  test('one line per state', () => {
    expect(linesOf('target_health', metricsText(source))).toEqual([
      'kong_upstream_target_health{upstream="up",target="a:80",address="10.0.0.1:80",state="healthchecks_off",subsystem="http"} 0',
      'kong_upstream_target_health{upstream="up",target="a:80",address="10.0.0.1:80",state="healthy",subsystem="http"} 1',
      'kong_upstream_target_health{upstream="up",target="a:80",address="10.0.0.1:80",state="unhealthy",subsystem="http"} 0',
      'kong_upstream_target_health{upstream="up",target="a:80",address="10.0.0.1:80",state="dns_error",subsystem="http"} 0',
      'kong_upstream_target_health{upstream="up",target="b:80",address="",state="healthchecks_off",subsystem="http"} 0',
      'kong_upstream_target_health{upstream="up",target="b:80",address="",state="healthy",subsystem="http"} 0',
      'kong_upstream_target_health{upstream="up",target="b:80",address="",state="unhealthy",subsystem="http"} 0',
      'kong_upstream_target_health{upstream="up",target="b:80",address="",state="dns_error",subsystem="http"} 1',
    ]);
  });

  test('only while an instance wants it', () => {
    instance.close?.();
    expect(metricsText(source)).not.toContain('target_health');
  });
});

test('the node', () => {
  const text = metricsText(undefined, { nodeId: 'n', version: '1', accepted: 5, requests: 9, active: 3, writing: 1 });
  expect(text).toContain('kong_nginx_connections_total{node_id="n",subsystem="http",state="waiting"} 2\n');
  expect(text).toContain('kong_node_info{node_id="n",version="1"} 1\n');
  expect(text).toContain('kong_datastore_reachable 1\n');
  expect(text).toContain('kong_nginx_metric_errors_total 0\n');
});

describe('families', () => {
  test('label values are escaped', () => {
    const family = new CounterFamily('n', 'h', ['l']);
    family.cell('a"b\\c\nd').value++;
    expect(family.render()).toBe('# HELP n h\n# TYPE n counter\nn{l="a\\"b\\\\c\\nd"} 1\n');
  });

  test('the number of series has a bound', () => {
    const family = new CounterFamily('n', 'h', ['l']);
    for (let i = 0; i < 20_010; i++) family.cell(String(i)).value++;
    expect(family.render().split('\n')).toHaveLength(20_003);
    expect(family.dropped).toBe(10);
  });

  test('a histogram counts every value once and its buckets rise', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 50, noNaN: true })), (values) => {
        const family = new HistogramFamily('n', 'h', ['l'], [1, 5, 10]);
        for (const value of [...values, Number.NaN]) family.observe(family.cell('x'), value);
        const rendered = family.render();
        const buckets = [...rendered.matchAll(/_bucket.* (\d+)/g)].map((match) => Number(match[1]));
        const expected = [1, 5, 10, Infinity].map((bound) => values.filter((value) => value <= bound).length);
        expect(buckets).toEqual(expected);
      }),
    );
  });
});
