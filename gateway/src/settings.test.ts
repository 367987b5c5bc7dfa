import { describe, expect, test } from '@jest/globals';
import { defaultLimits } from './http1/limits.js';
import { readSettings, SettingsError } from './settings.js';

describe('readSettings', () => {
  test('an empty environment gives the defaults: nobody is trusted, no server is named', () => {
    expect(readSettings({})).toEqual({
      watchMs: 1000,
      trustedIps: [],
      added: { requestId: true, latency: false, server: null, via: null },
      limits: defaultLimits,
      logLevel: 'info',
      retryOn: { error: true, timeout: true },
      drainTimeoutMs: 30_000,
    });
  });

  test.each([
    [{ KONG_TRUSTED_IPS: '10.0.0.0/8, ::1' }, { trustedIps: ['10.0.0.0/8', '::1'] }],
    [{ KONG_HEADERS: 'off' }, { added: { requestId: false, latency: false, server: null, via: null } }],
    [{ KONG_HEADERS: 'latency_tokens, Via' }, { added: { requestId: false, latency: true, server: null, via: '1.1 gatehouse' } }],
    [{ KONG_NGINX_PROXY_PROXY_NEXT_UPSTREAM: 'error' }, { retryOn: { error: true, timeout: false } }],
    [{ KONG_NGINX_PROXY_PROXY_NEXT_UPSTREAM: 'off' }, { retryOn: { error: false, timeout: false } }],
    [{ GATEWAY_DRAIN_TIMEOUT_MS: '5' }, { drainTimeoutMs: 5 }],
  ])('%j', (environment, expected) => expect(readSettings(environment)).toMatchObject(expected));

  test.each([
    [{ GATEWAY_HEAD_BYTES: '0' }, 'GATEWAY_HEAD_BYTES'],
    [{ GATEWAY_HEAD_BYTES: '1e3' }, 'GATEWAY_HEAD_BYTES'],
    [{ GATEWAY_LOG_LEVEL: 'loud' }, 'GATEWAY_LOG_LEVEL'],
    [{ KONG_NGINX_PROXY_PROXY_NEXT_UPSTREAM: 'http_500' }, 'KONG_NGINX_PROXY_PROXY_NEXT_UPSTREAM'],
    [{ KONG_TRUSTED_IPS: '10.0.0.0/33' }, 'KONG_TRUSTED_IPS'],
    [{ KONG_TRUSTED_IPS: 'abc' }, 'KONG_TRUSTED_IPS'],
    [{ KONG_HEADERS: 'nonsense' }, 'KONG_HEADERS'],
    [{ KONG_SSL_CERT: '/a' }, 'KONG_SSL_CERT_KEY'],
  ])('%j is refused, naming the variable', (environment, name) => {
    expect(() => readSettings(environment)).toThrow(SettingsError);
    expect(() => readSettings(environment)).toThrow(name);
  });

  test('all that is wrong is told at once', () => {
    expect(() => readSettings({ GATEWAY_LOG_LEVEL: 'x', GATEWAY_HEAD_BYTES: '-1', KONG_HEADERS: 'y' })).toThrow(
      /HEADERS.*HEAD_BYTES.*LOG_LEVEL/s,
    );
  });
});
