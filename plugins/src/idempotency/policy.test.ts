import type { Outcome } from '@gatehouse/policy';
import type { FakeRequest } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keptHeaders } from './replay-headers.js';
import { kept, RECHECK_MS, world } from './testing/setup.js';

const DAY = 24 * 3600 * 1000;

describe('a repeat', () => {
  test('within 24 h gets the first answer; after that it is the first', async () => {
    const { begin, say, effects } = world();
    await (await begin()).end();
    await effects.clock.advance(DAY - 1);
    expect(await say()).toBe('201 {"id":1}');
    await effects.clock.advance(1);
    expect(await say()).toBe('pass');
  });

  test('is marked as one', async () => {
    const { begin } = world();
    await (await begin()).end();
    expect((await begin()).decision).toMatchObject({
      kind: 'answer',
      headers: [
        ['Content-Type', 'application/json'],
        ['Idempotency-Replayed', 'true'],
      ],
    });
  });

  test.each([400, 404, 422, 500, 503])('also of an answer with %i', async (status) => {
    const { begin, say } = world();
    await (await begin()).end({ status, answer: kept('no') });
    expect(await say()).toBe(`${status} no`);
  });

  test('with another body is 422, before the first answer and after', async () => {
    const { begin, say } = world();
    const first = await begin();
    expect(await say({ body: '{"amount":2}' })).toBe('unprocessable');
    await first.end();
    expect(await say({ body: '{"amount":2}' })).toBe('unprocessable');
    expect(await say()).toBe('201 {"id":1}');
  });

  test('while the first runs is 409, for as many as come at once', async () => {
    const { say } = world();
    const words = await Promise.all(Array.from({ length: 20 }, () => say()));
    expect(words.filter((said) => said === 'pass')).toHaveLength(1);
    expect(words.filter((said) => said === 'conflict')).toHaveLength(19);
  });

  test('that is faster than the news of the end is answered all the same', async () => {
    const { begin, say } = world();
    const first = await begin();
    const repeat = say();
    await first.end();
    expect(await repeat).toBe('201 {"id":1}');
  });

  test('of the very same request, by a retry inside the gateway, is no conflict', async () => {
    const { say } = world();
    expect(await say({ requestId: 'same' })).toBe('pass');
    expect(await say({ requestId: 'same' })).toBe('pass');
    expect(await say({ requestId: 'other' })).toBe('conflict');
  });
});

describe('a key belongs to', () => {
  test.each([
    ['the user', {}, 'u2'],
    ['the method', { method: 'PUT' }, 'u1'],
    ['the path', { url: '/v2/payments/9' }, 'u1'],
    ['the version', { url: '/v1/payments' }, 'u1'],
    ['its own text', { headers: { 'Idempotency-Key': 'k2' } }, 'u1'],
    ['its own spelling', { headers: { 'Idempotency-Key': 'K1' } }, 'u1'],
  ] as const)('%s', async (_what, request, user) => {
    const { begin, say } = world({ methods: ['POST', 'PUT'] });
    await (await begin()).end();
    expect(await say(request as FakeRequest, user)).toBe('pass');
  });

  test('no mixture of them can be taken for another', async () => {
    const part = fc.string({ unit: fc.constantFrom('a', '/', '"', ',', ' ', '\\', '|'), maxLength: 4 }).map((text) => `x${text}x`);
    await fc.assert(
      fc.asyncProperty(part, part, part, part, async (user, key, otherUser, otherKey) => {
        const { begin, say } = world();
        await (await begin({ headers: { 'Idempotency-Key': key } }, user)).end();
        const same = user === otherUser && key === otherKey;
        expect(await say({ headers: { 'Idempotency-Key': otherKey } }, otherUser)).toBe(same ? '201 {"id":1}' : 'pass');
      }),
    );
  });

  test('a path with a slash at its end is the same path', async () => {
    const { begin, say } = world();
    await (await begin()).end();
    expect(await say({ url: '/v2/payments/' })).toBe('201 {"id":1}');
  });
});

describe('never a second execution', () => {
  test.each([
    ['timed out', { source: 'gateway', status: 504, failure: 'timeout', answer: null }],
    ['closed', { source: 'gateway', status: 502, failure: 'closed', answer: null }],
    ['unreadable', { source: 'gateway', status: 502, failure: 'invalid', answer: null }],
    ['cut off', { aborted: true, answer: kept(null) }],
    ['larger than is kept', { answer: kept(null) }],
  ] as const)('an outcome that was %s stays 409 until it expires', async (_what, lost) => {
    const { begin, say, effects } = world();
    await (await begin()).end(lost as Partial<Outcome>);
    expect(await say()).toBe('conflict');
    await effects.clock.advance(DAY - 1 - 2 * RECHECK_MS);
    expect(await say()).toBe('conflict');
    await effects.clock.advance(1);
    expect(await say()).toBe('pass');
  });

  test('a gateway that died leaves the key taken', async () => {
    const { begin, say } = world();
    await begin();
    expect(await say()).toBe('conflict');
  });
});

describe('released is', () => {
  test('a request that a later check refused', async () => {
    const { begin, say } = world();
    await (await begin()).refuse();
    expect(await say()).toBe('pass');
  });

  test.each(['refused', 'unresolved', 'no-target'] as const)('one that never came to the service (%s)', async (failure) => {
    const { begin, say } = world();
    await (await begin()).end({ source: 'gateway', status: 502, failure, answer: null });
    expect(await say()).toBe('pass');
  });

  test('not a key of somebody else: a refused repeat frees nothing', async () => {
    const { begin, say } = world();
    await begin();
    await (await begin()).refuse();
    expect(await say()).toBe('conflict');
  });
});

describe('the store away', () => {
  test('503; and what the claim may have left there is freed', async () => {
    const { begin, say, store, effects } = world();
    store.away = true;
    expect(await say()).toBe('undecided');
    expect(await say({ headers: {} })).toBe('pass');
    store.away = false;
    await effects.clock.advance(200);
    expect(await say()).toBe('pass');
    expect((await begin()).decision).toMatchObject({ code: 'conflict' });
  });

  test('a first answer is kept when it is back', async () => {
    const { begin, say, store, effects } = world();
    const first = await begin();
    store.away = true;
    await first.end();
    await effects.clock.advance(1000);
    store.away = false;
    expect(await say()).toBe('conflict');
    await effects.clock.advance(5000);
    expect(await say()).toBe('201 {"id":1}');
  });
});

describe('keys and bodies', () => {
  test.each([[''], ['a b\tc'], ['ä'], [' '], ['x'.repeat(256)]])('%j is no key', async (key) => {
    expect(await world().say({ headers: { 'Idempotency-Key': key } })).toBe('bad_request');
  });

  test('two lines are none; quotes and spaces inside are fine', async () => {
    expect(await world().say({ headers: { 'Idempotency-Key': ['a', 'b'] } })).toBe('bad_request');
    for (const key of ['"8e03978e-40d5-43dd"', 'a b', 'x'.repeat(255)])
      expect(await world().say({ headers: { 'Idempotency-Key': key } })).toBe('pass');
  });

  test('without one nothing is kept, unless one is required', async () => {
    const { say } = world();
    expect([await say({ headers: {} }), await say({ headers: {} })]).toEqual(['pass', 'pass']);
    expect(await world({ required: true }).say({ headers: {} })).toBe('bad_request');
  });

  test('other methods and paths are left alone', async () => {
    const { say } = world({ paths: ['/v2/payments', '/v2/payment-gateways/*'] });
    for (const request of [{ method: 'GET' }, { url: '/v2/payments/1/cancel' }])
      expect([await say(request), await say(request)]).toEqual(['pass', 'pass']);
    expect([await say({ url: '/v2/payment-gateways/fawry/charge' }), await say({ url: '/v2/payment-gateways/fawry/charge' })]).toEqual([
      'pass',
      'conflict',
    ]);
  });

  test('a stranger has no keys', async () => expect(await world().say({}, null)).toBe('token_missing'));

  test('a body over the limit is 413; the answer is asked for up to its limit', async () => {
    const { begin, needs } = world({ max_body_bytes: 5 });
    await expect(begin()).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    expect(needs).toEqual({ headers: ['idempotency-key'], body: 5, answer: 1_048_576, outcome: 'end' });
  });
});

test('of the headers, what belongs to one connection or one request is not given again', () => {
  const headers = [
    ['Content-Type', 'text/csv'],
    ['Connection', 'keep-alive, X-Hop'],
    ['X-Hop', '1'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=1'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '9'],
    ['Date', 'now'],
    ['X-Request-Id', 'r'],
    ['X-RateLimit-Remaining', '3'],
    ['RateLimit', '"a";r=1'],
    ['Access-Control-Allow-Origin', 'https://a'],
    ['Location', '/v2/payments/1'],
    ['Vary', 'Origin'],
  ] as const;
  expect(keptHeaders(headers).map(([name]) => name)).toEqual(['Content-Type', 'Set-Cookie', 'Set-Cookie', 'Location', 'Vary']);
});
