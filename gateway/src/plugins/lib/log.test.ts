import { describe, expect, test } from '@jest/globals';
import { fakeExchange, headerList, outcome } from '../testing/fake-exchange.js';
import { applyCustomFields, customFields } from './custom-fields.js';
import { logEntry } from './log-entry.js';
import { setLogValue, wantLogValues } from './log-values.js';

const request = {
  target: '/p?q=1&q=2&flag',
  headers: { Authorization: 'Basic secret', 'X-A': ['1', '2'], 'X-U': '\xc3\xa9' },
  route: { id: 'r1', name: 'r' },
  consumer: { id: 'c1', username: 'alice' },
};

describe('the entry', () => {
  test('has the form of kong.log.serialize', () => {
    const exchange = fakeExchange(request);
    exchange.credential = { id: 'k1', tags: null, consumer: { id: 'c1' } };
    const entry = logEntry(exchange, outcome({ status: 201 }), headerList({ 'Content-Type': 'text/plain' }));
    expect(entry).toMatchObject({
      request: {
        id: exchange.id,
        uri: '/p?q=1&q=2&flag',
        url: 'http://kong.test:8000/p?q=1&q=2&flag',
        querystring: { q: ['1', '2'], flag: true },
        method: 'GET',
        headers: { authorization: 'REDACTED', 'x-a': ['1', '2'], 'x-u': 'é' },
        size: 100,
      },
      upstream_uri: '/p?q=1&q=2&flag',
      upstream_status: '201',
      response: { status: 201, headers: { 'content-type': 'text/plain' }, size: 200 },
      latencies: { kong: 1, proxy: 8, request: 10 },
      client_ip: '127.0.0.1',
      source: 'upstream',
      workspace_name: 'default',
      route: { id: 'r1' },
      service: { name: 's' },
      consumer: { username: 'alice' },
      authenticated_entity: { id: 'k1' },
      tries: [{ ip: '127.0.0.1', port: 9000, balancer_start: 1_700_000_000_001 }],
    });
  });

  test('of an answer that is the gateway’s own', () => {
    const exchange = fakeExchange({ route: null, service: null });
    exchange.upstream.path = '';
    const entry = logEntry(exchange, outcome({ source: 'error', upstreamMs: null, tries: [] }), null);
    expect(entry).toMatchObject({
      upstream_uri: '',
      upstream_status: '',
      source: 'kong',
      latencies: { proxy: -1 },
      response: { headers: {} },
    });
    expect(entry).not.toHaveProperty('route');
    expect(entry).not.toHaveProperty('consumer');
  });

  test('tells every try, and the connection’s encryption', () => {
    const exchange = fakeExchange();
    Object.assign(exchange.request.connection, { tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' } });
    const tries = [
      { ip: '10.0.0.1', port: 1, startedAt: 5, failed: 502 as const },
      { ip: '10.0.0.2', port: 2, startedAt: 6, failed: null },
    ];
    expect(logEntry(exchange, outcome({ tries }), null)).toMatchObject({
      upstream_status: '502, 200',
      request: { tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', client_verify: 'NONE' } },
      tries: [
        { ip: '10.0.0.1', port: 1, balancer_start: 5, state: 'failed', code: 502 },
        { ip: '10.0.0.2', port: 2, balancer_start: 6 },
      ],
    });
    const failed = [{ ip: '10.0.0.1', port: 1, startedAt: 5, failed: 504 as const }];
    expect(logEntry(exchange, outcome({ tries: failed, source: 'error', status: 504 }), null)).toMatchObject({ upstream_status: '504' });
  });

  test('leaves out what an entity has not set', () => {
    const route = { id: 'r1', name: 'r', tags: null };
    expect(logEntry(fakeExchange({ route }), outcome(), null)['route']).toEqual({ id: 'r1', name: 'r' });
  });

  test('has what plugins add, while somebody writes entries', () => {
    const before = fakeExchange();
    setLogValue(before, 'correlation_id', 'x');
    expect(before.local.size).toBe(0);
    const release = wantLogValues();
    const exchange = fakeExchange();
    setLogValue(exchange, 'correlation_id', 'x');
    setLogValue(exchange, 'more', 1);
    expect(logEntry(exchange, outcome(), null)).toMatchObject({ correlation_id: 'x', more: 1 });
    release();
  });
});

describe('custom fields', () => {
  test('that return a constant', () => {
    const exchange = fakeExchange(request);
    const entry = logEntry(exchange, outcome(), null);
    const code = {
      'request.headers.x-a': 'return nil',
      'new.inner': "return 'é' .. 1",
      route: 'return nil;',
      'client_ip.x': 'return 1',
      flag: ' return true ',
    };
    applyCustomFields(entry, customFields(code));
    expect(entry).toMatchObject({ new: { inner: 'é1' }, flag: true, client_ip: '127.0.0.1' });
    expect(entry).not.toHaveProperty('route');
    expect(entry).not.toHaveProperty('request.headers.x-a');
    expect(exchange.request.headers.has('x-a')).toBe(true);
  });

  test('leave the configuration alone', () => {
    const exchange = fakeExchange(request);
    applyCustomFields(logEntry(exchange, outcome(), null), customFields({ 'route.name': 'return "changed"' }));
    expect(exchange.route?.name).toBe('r');
  });

  test.each(['return kong.request.get_header("x")', 'local x = 1 return x', 'return {}', 'return (', 'return function() end', ''])(
    '%s is refused',
    (code) => {
      expect(() => customFields({ 'a.b': code })).toThrow('config.custom_fields_by_lua.a.b');
    },
  );
});
