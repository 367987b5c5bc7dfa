import { describe, expect, test } from '@jest/globals';
import { createRegistry, exposeState, httpDuration } from './metrics.js';

const registryOf = (): ReturnType<typeof createRegistry> => createRegistry('auth-sidecar', { processMetrics: false });

describe('the registry', () => {
  test('has the metrics of the process, with the service', async () => {
    const text = await createRegistry('auth-sidecar').metrics();
    expect(text).toMatch(/^process_cpu_seconds_total\{service="auth-sidecar"\} /m);
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds\{service="auth-sidecar"\} /m);
  });
});

describe('durations of requests', () => {
  test('are counted by method, route and status', async () => {
    const registry = registryOf();
    const note = httpDuration(registry, ['login', 'callback']);
    note('POST', 'login', 200, 0.02);
    note('POST', 'login', 200, 0.3);
    const text = await registry.metrics();
    expect(text).toContain(
      'http_request_duration_seconds_bucket{le="0.025",service="auth-sidecar",method="POST",route="login",status="200"} 1',
    );
    expect(text).toContain('http_request_duration_seconds_count{service="auth-sidecar",method="POST",route="login",status="200"} 2');
  });

  test('have bounded labels, whatever clients send', async () => {
    const registry = registryOf();
    const note = httpDuration(registry, ['login']);
    for (let i = 0; i < 500; i++) note(`M${i}`, `/users/${i}`, 1000 + i, Number.NaN);
    const counts = (await registry.metrics()).split('\n').filter((line) => line.startsWith('http_request_duration_seconds_count'));
    expect(counts).toEqual(['http_request_duration_seconds_count{service="auth-sidecar",method="other",route="other",status="other"} 500']);
  });
});

describe('metrics of a state', () => {
  test('are read when they are asked for', async () => {
    const registry = registryOf();
    const state = { pending: 1, dropped: { full: 2, invalid: 0 } };
    exposeState<typeof state>(
      registry,
      [
        { name: 'pending', help: 'x', type: 'gauge', values: (now) => now.pending },
        { name: 'dropped_total', help: 'x', type: 'counter', label: 'reason', values: (now) => now.dropped },
      ],
      () => state,
    );
    expect(await registry.metrics()).toContain('pending{service="auth-sidecar"} 1');
    state.pending = 7;
    state.dropped.full = 3;
    const text = await registry.metrics();
    expect(text).toContain('pending{service="auth-sidecar"} 7');
    expect(text).toContain('dropped_total{reason="full",service="auth-sidecar"} 3');
    expect(text).toContain('dropped_total{reason="invalid",service="auth-sidecar"} 0');
  });
});
