import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fakeEnvironment, fakeExchange, responseHead } from '../testing/fake-exchange.js';
import { guard } from './index.js';

const config = {
  systems: [
    { name: 'gongbu', hosts: ['gongbu.test'], errors: null },
    { name: 'healthpay', hosts: ['*.healthpay.test'], errors: null },
  ],
  default_system: null,
  request_id_header: 'X-Request-Id',
  security_headers: true,
  content_security_policy: "default-src 'none'",
  hsts_max_age: 10,
};
const make = () => guard.create(config, fakeEnvironment());

describe('requests', () => {
  const names = fc.constantFrom('user-id', 'user-email', 'user-roles', 'user-permissions', 'user-plan');
  test('identity headers go, in every spelling', () => {
    const spelled = names.chain((name) =>
      fc
        .array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 20, maxLength: 20 })
        .map((bits) =>
          [...`x-${name}`].map((c, i) => (c === '-' ? (bits[i % 20]![0] ? '_' : '-') : bits[i % 20]![1] ? c.toUpperCase() : c)).join(''),
        ),
    );
    fc.assert(
      fc.property(fc.array(spelled, { maxLength: 6 }), (sent) => {
        const exchange = fakeExchange({ headers: { ...Object.fromEntries(sent.map((name) => [name, 'evil'])), 'X-Keep': '1' } });
        make().rewrite!(exchange);
        expect(exchange.request.headers.values).not.toContain('evil');
        expect(exchange.request.headers.get('x-keep')).toBe('1');
      }),
    );
  });

  test.each([
    ['close', 'close'],
    ['keep-alive, Upgrade', 'keep-alive, Upgrade'],
    ['close, X-User-Id', 'close'],
    ['x_user_id,TE,X-USER-ROLES', 'TE'],
    ['X-User-Plan', ''],
  ])('Connection: %s names nothing that says who is asking: %j', (sent, kept) => {
    const exchange = fakeExchange({ headers: { Connection: sent } });
    make().rewrite!(exchange);
    expect(exchange.request.headers.getAll('connection')).toEqual([kept]);
  });

  test.each([
    ['abc-1', 'abc-1'],
    ['x'.repeat(128), 'x'.repeat(128)],
    ['x'.repeat(129), null],
    ['a b', null],
    ['a\tb', null],
    ['', null],
    ['"}', null],
  ])('a request id %j is kept as %j', (sent, kept) => {
    const exchange = fakeExchange({ headers: { 'x-request-id': sent } });
    make().rewrite!(exchange);
    expect(exchange.request.headers.getAll('x-request-id')).toEqual([kept ?? exchange.id]);
  });

  test('a trace begins where there is none, and a broken one is replaced with its state', () => {
    const valid = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const kept = fakeExchange({ headers: { traceparent: valid, tracestate: 'a=b' } });
    make().rewrite!(kept);
    expect(kept.request.headers.get('traceparent')).toBe(valid);
    expect(kept.request.headers.get('tracestate')).toBe('a=b');
    const broken = fakeExchange({ headers: { traceparent: 'x', tracestate: 'a=b' } });
    make().rewrite!(broken);
    expect(broken.request.headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(broken.request.headers.has('tracestate')).toBe(false);
  });
});

describe('answers', () => {
  test('carry the security set; a policy of the service for its content stays', () => {
    const head = responseHead(200, { 'Content-Security-Policy': 'own', 'X-Frame-Options': 'ALLOWALL' });
    make().headerFilter!(fakeExchange({ scheme: 'https' }), head);
    expect(Object.fromEntries(head.headers.entries())).toMatchObject({
      'Content-Security-Policy': 'own',
      'X-Frame-Options': 'DENY',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Strict-Transport-Security': 'max-age=10; includeSubDomains',
    });
  });

  test.each([
    ['gongbu.test', { statusCode: 404, message: 'Not found' }],
    ['a.healthpay.test', { error: { code: 'NOT_FOUND', message: 'Not found' } }],
    ['nobody.test', { status: 404, title: 'Not Found' }],
  ])('an error for %s has its form', (host, body) => {
    const instance = make();
    const exchange = fakeExchange({ host });
    const head = responseHead(404, { 'Content-Type': 'text/plain', 'Content-Length': '3' }, 'error');
    instance.headerFilter!(exchange, head);
    const sent = Buffer.concat([
      instance.bodyFilter!(exchange, Buffer.from('abc'), false),
      instance.bodyFilter!(exchange, Buffer.alloc(0), true),
    ]);
    expect(JSON.parse(String(sent))).toMatchObject(body);
    expect(head.headers.get('content-length')).toBe(String(sent.length));
  });

  test('what a service or a policy says stays', () => {
    const instance = make();
    const own = fakeExchange({});
    own.shared.set('gatehouse.error', true);
    for (const [exchange, source] of [
      [fakeExchange({}), 'service'],
      [own, 'exit'],
    ] as const) {
      const head = responseHead(404, {}, source);
      instance.headerFilter!(exchange, head);
      expect(String(instance.bodyFilter!(exchange, Buffer.from('own'), true))).toBe('own');
    }
  });
});
