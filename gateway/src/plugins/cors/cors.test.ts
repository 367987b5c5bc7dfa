import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PluginInstance } from '../../plugin.js';
import { type FakeRequest, fakeEnvironment, fakeExchange, runThrough } from '../testing/fake-exchange.js';
import { cors } from './index.js';
import { normalizeOrigin } from './origins.js';

const defaults = {
  origins: null,
  headers: null,
  exposed_headers: null,
  methods: ['GET', 'PUT'],
  max_age: null,
  credentials: false,
  private_network: false,
  preflight_continue: false,
};
const plugin = (config: Record<string, unknown>): PluginInstance => cors.create({ ...defaults, ...config }, fakeEnvironment());
const preflight = (origin: string, more: Record<string, string> = {}): FakeRequest => ({
  method: 'OPTIONS',
  headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT', ...more },
});

describe('which origin is answered', () => {
  const rows: [origins: string[] | null, origin: string | null, allowed: string | undefined, varies: boolean][] = [
    [null, 'http://a.test', '*', false],
    [['*'], null, '*', false],
    [['http://a.test'], 'http://b.test', 'http://a.test', true],
    [['a.test'], 'http://a.test', 'a.test', true],
    [['http://a.test', 'https://b.test:8443'], 'https://b.test:8443', 'https://b.test:8443', true],
    [['http://a.test', 'https://b.test:8443'], 'https://b.test', undefined, true],
    [['http://a.test', 'http://b.test'], 'http://a.test:80', 'http://a.test', true],
    [['http://a.test', 'http://b.test'], 'http://A.test', undefined, true],
    [['http://a.test', 'http://b.test'], null, undefined, true],
    [['http://a.test', 'http://b.test'], '', undefined, true],
    [['http://a.test', '*'], 'http://x.test', '*', true],
    [['http://a.test', '*'], null, undefined, true],
    [['^https?://([a-z]+\\.)?a\\.test$'], 'http://x.a.test', 'http://x.a.test', true],
    [['^https?://([a-z]+\\.)?a\\.test$'], 'http://a.test.evil.test', undefined, true],
    [['.*[.]a[.]test'], 'http://x.a.test', 'http://x.a.test', true],
    [['.*[.]a[.]test'], 'http://x.a.test.evil', undefined, true],
    [['(?P<sub>[a-zA-Z]+)\\.a\\.test'], 'https://Sub.a.test:1', 'https://Sub.a.test:1', true],
    [['(?i)http://a[.]test'], 'http://A.TEST', 'http://A.TEST', true],
    [['null', 'http://a.test'], 'null', 'null', true],
  ];
  test.each(rows)('%j with Origin %s: %s', async (origins, origin, allowed, varies) => {
    const { headers } = await runThrough(plugin({ origins }), fakeExchange(origin === null ? {} : { headers: { Origin: origin } }));
    expect(headers['access-control-allow-origin']).toBe(allowed);
    expect(headers['vary']).toBe(varies ? 'Origin' : undefined);
  });

  test("the service's own header is replaced or removed, its Vary is kept", async () => {
    const answer = { headers: { 'Access-Control-Allow-Origin': 'http://up.test', Vary: 'Accept' } };
    const refused = await runThrough(plugin({ origins: ['http://a.test', 'http://b.test'] }), fakeExchange(), answer);
    expect(refused.headers).toEqual({ vary: ['Accept', 'Origin'] });
  });

  test('asked twice, answered alike', async () => {
    const instance = plugin({ origins: ['http://a.test', 'http://b.test'] });
    for (let i = 0; i < 2; i++) {
      const { headers } = await runThrough(instance, fakeExchange({ headers: { Origin: 'http://b.test' } }));
      expect(headers['access-control-allow-origin']).toBe('http://b.test');
    }
  });

  test('an expression of PCRE alone is refused by its field', () => {
    expect(() => plugin({ origins: ['a', '(?>a)+b'] })).toThrow('config.origins[1]');
  });

  test('no origin throws', () => {
    fc.assert(fc.property(fc.string(), (origin) => typeof normalizeOrigin(origin).domain === 'string'));
  });
});

describe('preflight', () => {
  test('is answered 200 with what is allowed', async () => {
    const request = preflight('http://a.test', { 'Access-Control-Request-Headers': 'X-A, X-B' });
    const done = await runThrough(plugin({ max_age: 600, exposed_headers: ['X-E'] }), fakeExchange(request));
    expect(done.exit).toEqual({ status: 200, body: null });
    expect(done.headers).toEqual({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'X-A, X-B',
      'access-control-allow-methods': 'GET,PUT',
      'access-control-max-age': '600',
    });
  });

  test('configured headers, credentials, no methods', async () => {
    const done = await runThrough(
      plugin({ headers: ['A', 'B'], credentials: true, methods: null }),
      fakeExchange(preflight('http://a.test')),
    );
    expect(done.headers).toEqual({
      vary: 'Origin',
      'access-control-allow-origin': 'http://a.test',
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'A,B',
      'access-control-allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT',
    });
  });

  test('private network only when asked for', async () => {
    const asked = { 'Access-Control-Request-Private-Network': 'true' };
    const yes = await runThrough(plugin({ private_network: true }), fakeExchange(preflight('http://a.test', asked)));
    const no = await runThrough(plugin({ private_network: true }), fakeExchange(preflight('http://a.test')));
    expect(yes.headers['access-control-allow-private-network']).toBe('true');
    expect(no.headers['access-control-allow-private-network']).toBeUndefined();
  });

  test('preflight_continue leaves it all to the service', async () => {
    const done = await runThrough(plugin({ preflight_continue: true }), fakeExchange(preflight('http://a.test')));
    expect(done.exit).toBeUndefined();
    expect(done.headers).toEqual({});
  });

  test.each([[{ Origin: 'http://a.test' }], [{ 'Access-Control-Request-Method': 'PUT' }]])(
    'OPTIONS with %j alone is none',
    async (headers) => {
      const done = await runThrough(plugin({}), fakeExchange({ method: 'OPTIONS', headers: headers as Record<string, string> }));
      expect(done.exit).toBeUndefined();
      expect(done.headers['access-control-allow-origin']).toBe('*');
    },
  );
});

describe('credentials', () => {
  test.each([
    [null, 'http://a.test', { vary: 'Origin', 'access-control-allow-origin': 'http://a.test', 'access-control-allow-credentials': 'true' }],
    [null, null, { 'access-control-allow-origin': '*' }],
    [['http://a.test', 'http://b.test'], 'http://x.test', { vary: 'Origin', 'access-control-allow-credentials': 'true' }],
    [
      ['http://a.test', '*'],
      'http://x.test',
      { vary: ['Origin', 'Origin'], 'access-control-allow-origin': 'http://x.test', 'access-control-allow-credentials': 'true' },
    ],
  ])('%j with Origin %s', async (origins, origin, headers) => {
    const request = origin === null ? {} : { headers: { Origin: origin } };
    const done = await runThrough(plugin({ origins, credentials: true }), fakeExchange(request));
    expect(done.headers).toEqual(headers);
  });
});
