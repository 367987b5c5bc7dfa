import { deny, PASS, type PolicyInstance, RequestContext } from '@gatehouse/policy';
import { fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, jest, test } from '@jest/globals';
import { Chain, type ChainLink, type Reply } from './chain.js';

const NOW = 1_800_000_000_000;
const link = (name: string, priority: number, instance: PolicyInstance, deadlineMs = 50): ChainLink => ({
  name,
  priority,
  deadlineMs,
  instance,
  needs: {},
});
const passing: PolicyInstance = { decide: () => PASS };

function setup(links: ChainLink[], system = 'gongbu') {
  const effects = fakeEffects();
  const chain = new Chain(links, { system }, effects);
  const context = new RequestContext();
  const facts = fakeFacts({ url: '/courses/1?token=secret' });
  return { effects, chain, context, facts, run: () => chain.run(facts, context, NOW) };
}

async function refusal(verdict: unknown): Promise<Reply> {
  const settled = (await verdict) as Reply;
  expect(settled.kind).toBe('reply');
  return settled;
}

describe('order', () => {
  test('policies run by falling priority and stay synchronous', () => {
    const order: string[] = [];
    const noting = (name: string): PolicyInstance => ({
      decide: () => {
        order.push(name);
        return PASS;
      },
    });
    const { run } = setup([link('c', 5, noting('c')), link('a', 1950, noting('a')), link('b', 940, noting('b'))]);
    expect(run()).toBe(PASS);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  test('identity goes on to later policies, across an asynchronous one', async () => {
    const identity = { subject: 'u1' } as NonNullable<RequestContext['identity']>;
    const seen: unknown[] = [];
    const { run } = setup([
      link('a', 3, {
        decide: async (_facts, context) => {
          context.identity = identity;
          return PASS;
        },
      }),
      link('b', 2, {
        decide: (_facts, context) => {
          seen.push(context.identity);
          return PASS;
        },
      }),
    ]);
    expect(await run()).toEqual(PASS);
    expect(seen).toEqual([identity]);
  });

  test('a refusal ends the chain and carries what earlier policies put on every answer', async () => {
    const never = jest.fn(() => PASS);
    const { run } = setup([
      link('limit', 3, { decide: () => ({ kind: 'pass', responseHeaders: [['X-RateLimit-Limit', '5']], setHeaders: [['X-A', 'b']] }) }),
      link('permissions', 2, { decide: () => deny('forbidden') }),
      link('later', 1, { decide: never }),
    ]);
    const reply = await refusal(run());
    expect(reply).toMatchObject({ status: 403, policy: 'permissions', reason: 'forbidden' });
    expect(reply.headers).toContainEqual(['X-RateLimit-Limit', '5']);
    expect(reply.headers.map(([name]) => name)).not.toContain('X-A');
    expect(JSON.parse(String(reply.body))).toMatchObject({ statusCode: 403, message: 'Forbidden', path: '/courses/1' });
    expect(never).not.toHaveBeenCalled();
  });

  test('passes are merged: later lines win, lists are joined', () => {
    const { run } = setup([
      link('a', 3, {
        decide: () => ({ kind: 'pass', setHeaders: [['X-One', '1']], stripQuery: ['token'], appendResponseHeaders: [['Link', 'a']] }),
      }),
      link('b', 2, {
        decide: () => ({ kind: 'pass', setHeaders: [['x-one', '2']], stripQuery: ['code'], appendResponseHeaders: [['Link', 'b']] }),
      }),
    ]);
    expect(run()).toEqual({
      kind: 'pass',
      setHeaders: [['x-one', '2']],
      stripQuery: ['token', 'code'],
      appendResponseHeaders: [
        ['Link', 'a'],
        ['Link', 'b'],
      ],
    });
  });

  test('an answer is sent as it is', async () => {
    const { run } = setup([link('health', 1, { decide: () => ({ kind: 'answer', status: 200, headers: [['A', 'b']], body: 'ok' }) })]);
    expect(await refusal(run())).toEqual({
      kind: 'reply',
      status: 200,
      headers: [['A', 'b']],
      body: 'ok',
      policy: 'health',
      reason: 'answer',
    });
  });
});

describe('fails closed', () => {
  const faults: [string, PolicyInstance['decide'], string][] = [
    [
      'throws',
      () => {
        throw new Error('boom at 10.0.0.1');
      },
      'throw',
    ],
    [
      'rejects',
      async () => {
        throw new Error('boom');
      },
      'throw',
    ],
    ['rejects with nothing', () => Promise.reject(undefined), 'throw'],
    ['says nothing', () => undefined as never, 'invalid'],
    ['says something else', () => ({ kind: 'yes' }) as never, 'invalid'],
    ['promises nothing', async () => undefined as never, 'invalid'],
    ['promises something else', async () => true as never, 'invalid'],
  ];

  test.each(faults)('a policy that %s is 503', async (_name, decide, failure) => {
    const { run, effects } = setup([link('bad', 2, { decide }), link('next', 1, passing)]);
    const reply = await refusal(run());
    expect(reply).toMatchObject({ status: 503, policy: 'bad', reason: 'undecided' });
    expect(String(reply.body)).not.toContain('boom');
    expect(effects.values.get(`gatehouse_policy_failures_total{bad,${failure}}`)).toBe(1);
    expect(effects.lines).toHaveLength(1);
    expect(effects.lines[0]).toMatchObject({ level: 'error', fields: { policy: 'bad', failure } });
  });

  test('a policy that never settles is 503 at its deadline, not before', async () => {
    const { run, effects } = setup([link('slow', 2, { decide: () => new Promise(() => {}) }, 50)]);
    let verdict: unknown = null;
    Promise.resolve(run()).then((said) => (verdict = said));
    await effects.clock.advance(49);
    expect(verdict).toBeNull();
    await effects.clock.advance(1);
    expect(verdict).toMatchObject({ status: 503, reason: 'undecided' });
    expect(effects.values.get('gatehouse_policy_failures_total{slow,timeout}')).toBe(1);
  });
});

describe('deadlines and bodies', () => {
  test('a decision in time leaves no timer behind', async () => {
    const { run, effects } = setup([link('quick', 2, { decide: async () => PASS })]);
    expect(await run()).toBe(PASS);
    expect(effects.clock.waiting).toBe(0);
  });

  test('what a policy took is given back when it passes too late', async () => {
    let pass: (value: typeof PASS) => void = () => {};
    const settle = jest.fn<NonNullable<PolicyInstance['settle']>>();
    const { run, effects } = setup([link('slow', 2, { decide: () => new Promise((resolve) => (pass = resolve)), settle })]);
    const verdict = run();
    await effects.clock.advance(50);
    expect((await refusal(verdict)).status).toBe(503);
    expect(settle).not.toHaveBeenCalled();
    pass(PASS);
    await effects.clock.advance(0);
    expect(settle).toHaveBeenCalledTimes(1);
    expect(settle.mock.calls[0]![2]).toEqual(deny('undecided'));
  });

  test.each([
    ['BODY_TOO_LARGE', {}, 413],
    ['BODY_UNREADABLE', { status: 400 }, 400],
    ['BODY_UNREADABLE', { status: 408 }, 408],
  ])("%s %j is the client's fault: %d, not counted", async (code, more, status) => {
    const { run, effects } = setup([
      link('reads', 1, { decide: async () => Promise.reject(Object.assign(new Error('x'), { code }, more)) }),
    ]);
    expect((await refusal(run())).status).toBe(status);
    expect(effects.values.size).toBe(0);
  });
});

describe('settling', () => {
  const settler = (said: string[], name: string, answer?: PolicyInstance['settle']): PolicyInstance => ({
    decide: () => PASS,
    settle: (facts, context, verdict, now) => {
      said.push(`${name}:${verdict.kind}`);
      return answer?.(facts, context, verdict, now);
    },
  });

  test('a later refusal is told to those that passed, latest first, and to nobody else', async () => {
    const said: string[] = [];
    const { run } = setup([
      link('a', 4, settler(said, 'a')),
      link(
        'b',
        3,
        settler(said, 'b', async () => undefined),
      ),
      link('c', 2, { ...settler(said, 'c'), decide: () => deny('forbidden') }),
      link('d', 1, settler(said, 'd')),
    ]);
    expect((await refusal(run())).status).toBe(403);
    expect(said).toEqual(['b:deny', 'a:deny']);
  });

  test('a refusal may be replaced: a 401 too many becomes 429', async () => {
    const said: string[] = [];
    const { run } = setup([
      link(
        'limit',
        3,
        settler(said, 'limit', async () => deny('rate_limited', { retryAfter: 3 })),
      ),
      link('auth', 2, { decide: () => deny('token_invalid') }),
    ]);
    const reply = await refusal(run());
    expect(reply).toMatchObject({ status: 429, policy: 'limit', reason: 'rate_limited' });
    expect(reply.headers).toContainEqual(['Retry-After', '3']);
  });

  test('a pass is told too, and may be refused after all: then everybody else hears of it', async () => {
    const said: string[] = [];
    const { run } = setup([
      link(
        'a',
        3,
        settler(said, 'a', async (_f, _c, verdict) => (verdict.kind === 'pass' ? deny('conflict') : undefined)),
      ),
      link('b', 2, settler(said, 'b')),
    ]);
    expect((await refusal(run())).status).toBe(409);
    expect(said).toEqual(['b:pass', 'a:pass', 'b:deny']);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('x');
      },
    ],
    ['rejects', () => Promise.reject(new Error('x'))],
  ])('a settle that %s refuses a pass', async (_name, answer) => {
    const { run } = setup([link('a', 3, settler([], 'a', answer as PolicyInstance['settle']))]);
    expect((await refusal(run())).status).toBe(503);
  });
});

describe('outcomes', () => {
  test('reach every policy, also those never asked; one that throws harms no other', async () => {
    const heard: string[] = [];
    const bad: PolicyInstance = {
      decide: () => deny('forbidden'),
      outcome: () => {
        throw new Error('x');
      },
    };
    const { chain, facts, context, effects } = setup([
      link('bad', 3, bad),
      link('good', 2, { decide: () => PASS, answered: () => void heard.push('head'), outcome: () => void heard.push('end') }),
    ]);
    await chain.run(facts, context, NOW);
    const head = { status: 403, source: 'policy', failure: null, upstreamMs: null } as const;
    chain.answered(facts, context, head, NOW);
    chain.outcome(facts, context, { ...head, totalMs: 1, gatewayMs: 1, bytesIn: 0, bytesOut: 0, aborted: false, answer: null }, NOW);
    expect(heard).toEqual(['head', 'end']);
    expect(effects.lines).toHaveLength(1);
  });
});
