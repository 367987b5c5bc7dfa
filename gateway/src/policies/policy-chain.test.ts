import { Chain, type ChainLink } from '@gatehouse/plugins';
import { type Decision, deny, PASS, type PolicyInstance, type Outcome as PolicyOutcome } from '@gatehouse/policy';
import { fakeEffects } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { fakeExchange, outcome, responseHead, runThrough } from '../plugins/testing/fake-exchange.js';
import { PolicyChain } from './policy-chain.js';

function chainOf(instance: PolicyInstance, needs: ChainLink['needs'] = {}): PolicyChain {
  const effects = fakeEffects();
  const link: ChainLink = { name: 'test', priority: 1, deadlineMs: 100, instance, needs };
  return new PolicyChain(new Chain([link], { system: 'gongbu' }, effects), 'gongbu', () => 0);
}
const deciding = (decision: Decision | Promise<Decision>): PolicyChain => chainOf({ decide: () => decision });

describe('a pass', () => {
  test('changes what the service gets, and what the client gets on any answer', async () => {
    const chain = deciding({
      kind: 'pass',
      removeHeaders: ['x-token'],
      setHeaders: [['X-User-Id', '7']],
      stripQuery: ['token'],
      responseHeaders: [['X-Left', '3']],
      appendResponseHeaders: [['Vary', 'Origin']],
    });
    const exchange = fakeExchange({ target: '/a?token=x&b=1', headers: { 'X-Token': 't', 'x-user-id': 'evil' } });
    const { exit, headers } = await runThrough(chain, exchange, { headers: { Vary: 'Accept', 'X-Left': 'of the service' } });
    expect(exit).toBeUndefined();
    expect(exchange.request.headers.has('x-token')).toBe(false);
    expect(exchange.request.headers.getAll('x-user-id')).toEqual(['7']);
    expect(exchange.upstream.rawQuery).toBe('b=1');
    expect(headers).toMatchObject({ vary: ['Accept', 'Origin'], 'x-left': '3' });
  });

  test('costs no promise when the policy needs none', () => {
    expect(deciding(PASS).access(fakeExchange())).toBeUndefined();
  });
});

describe('a refusal', () => {
  test.each([
    ['at once', deny('token_missing')],
    ['later', Promise.resolve(deny('token_missing'))],
  ])('%s ends the request in the words of the system', async (_when, decision) => {
    const { status, body, headers } = await runThrough(deciding(decision), fakeExchange());
    expect(status).toBe(401);
    expect(JSON.parse(body)).toMatchObject({ statusCode: 401, message: 'Token required' });
    expect(headers['www-authenticate']).toBe('Bearer realm="gongbu"');
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['says nothing', () => undefined as unknown as Decision],
  ])('a policy that %s is 503, never a pass', async (_how, decide) => {
    expect((await runThrough(chainOf({ decide }), fakeExchange())).status).toBe(503);
  });
});

describe('what became of it', () => {
  test('is told with the answer, up to the size that was asked for', () => {
    const told: PolicyOutcome[] = [];
    const watch: PolicyInstance = { decide: () => PASS, outcome: (_facts, _context, seen) => void told.push(seen) };
    for (const [limit, body] of [
      [5, 'hello'],
      [4, null],
    ] as const) {
      const chain = chainOf(watch, { outcome: 'end', answer: limit });
      const exchange = fakeExchange();
      chain.access(exchange);
      chain.headerFilter(exchange, responseHead(201, { 'X-A': '1' }));
      chain.bodyFilter!(exchange, Buffer.from('hel'), false);
      chain.bodyFilter!(exchange, Buffer.from('lo'), true);
      chain.log(exchange, outcome({ status: 201 }));
      const seen = told.pop()!;
      expect(seen.answer?.body === null ? null : String(seen.answer?.body && Buffer.from(seen.answer.body))).toBe(body);
      expect(seen).toMatchObject({ status: 201, source: 'service', answer: { headers: [['X-A', '1']] } });
    }
  });

  test('bodies do not pass through a chain that keeps none', () => expect(deciding(PASS).bodyFilter).toBeUndefined());
});
