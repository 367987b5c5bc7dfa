/** Limits before authentication: who counts is known only afterwards. */
import { deny, type HeadOutcome, PASS, type PolicyInstance, RequestContext } from '@gatehouse/policy';
import { type FakeRequest, fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { Chain, type ChainLink, type Verdict } from '../chain.js';
import { type Limiter, limiter, limiterOn, person } from './testing/setup.js';

const anonymous = { name: 'ip', limit: 2, seconds: 900, by: ['ip'], count: 'anonymous', message: 'Too many requests from this IP' };

const linkOf = (name: string, priority: number, instance: PolicyInstance): ChainLink => ({
  name,
  priority,
  deadlineMs: 1000,
  needs: {},
  instance,
});

/** `Authorization: good-…` is somebody; each is verified once and remembered, as jwt-auth does. */
function identityPolicy(verified: string[], optional = false): ChainLink {
  const known = new Set<string>();
  return linkOf('jwt-auth', 1440, {
    decide(facts, context) {
      const token = facts.header('authorization');
      if (token === undefined) return optional ? PASS : deny('token_missing');
      if (!known.has(token)) verified.push(token);
      if (!token.startsWith('good')) return optional ? PASS : deny('token_invalid');
      known.add(token);
      context.identity = person({ subject: token });
      return PASS;
    },
    recognise: (facts) => known.has(facts.header('authorization') ?? ''),
    presents: (facts) => facts.header('authorization') !== undefined,
  });
}

interface World {
  readonly verified: string[];
  readonly base: Limiter;
  ask(token?: string, request?: FakeRequest): Promise<Verdict>;
}

function world(more: { optional?: boolean; later?: PolicyInstance; config?: object } = {}): World {
  const base = limiter({ windows: [anonymous], ...more.config }, true);
  const verified: string[] = [];
  const links = [base.link, identityPolicy(verified, more.optional)];
  if (more.later) links.push(linkOf('later', 500, more.later));
  const chain = new Chain(links, { system: 'gongbu' }, base.effects);
  const ask = async (token?: string, request: FakeRequest = {}): Promise<Verdict> => {
    const headers = token === undefined ? {} : { authorization: token };
    return chain.run(fakeFacts({ ...request, headers }), new RequestContext(), base.effects.now());
  };
  return { verified, base, ask };
}

const word = (verdict: Verdict): string => (verdict.kind === 'pass' ? 'pass' : verdict.reason);

describe('anonymous requests', () => {
  test('with no credential they count at once; past the limit 429 comes before 401', async () => {
    const { ask, base } = world();
    expect([word(await ask()), word(await ask()), word(await ask())]).toEqual(['token_missing', 'token_missing', 'rate_limited']);
    expect(base.store.asked).toBe(3);
    const refused = await ask();
    expect(refused).toMatchObject({ status: 429, policy: 'ip-rate-limit' });
    expect(JSON.parse(String((refused as { body: string }).body))).toMatchObject({
      statusCode: 429,
      message: 'Too many requests from this IP',
    });
    expect(base.store.asked).toBe(3);
  });

  test('bad tokens count as their 401s; the one too many is 429, and from then on none is verified', async () => {
    const { ask, verified } = world();
    expect([word(await ask('bad1')), word(await ask('bad2')), word(await ask('bad3')), word(await ask('good1'))]).toEqual([
      'token_invalid',
      'token_invalid',
      'rate_limited',
      'rate_limited',
    ]);
    expect(verified).toEqual(['bad1', 'bad2']);
  });

  test('bad tokens at once never get more 401s than the limit', async () => {
    const { ask } = world();
    const words = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(`bad${i}`).then(word)));
    expect(words.filter((said) => said === 'token_invalid')).toHaveLength(2);
    expect(words.filter((said) => said === 'rate_limited')).toHaveLength(8);
  });

  test('who is signed in does not count, and passes when strangers at the address used it up', async () => {
    const { ask, base } = world();
    for (let i = 0; i < 5; i++) expect(word(await ask('good1'))).toBe('pass');
    // Only the first asked whether there was room for somebody unknown.
    expect(base.store.asked).toBe(1);
    expect([word(await ask()), word(await ask()), word(await ask())]).toEqual(['token_missing', 'token_missing', 'rate_limited']);
    expect(word(await ask('good1'))).toBe('pass');
    expect(word(await ask('good2'))).toBe('rate_limited');
  });

  test('a public route counts what passes with a token that is nobody’s', async () => {
    const { ask } = world({ optional: true });
    expect([word(await ask('bad1')), word(await ask()), word(await ask('bad2')), word(await ask('good1'))]).toEqual([
      'pass',
      'pass',
      'rate_limited',
      'rate_limited',
    ]);
  });

  test('a fault of the gateway is nobody’s count', async () => {
    const { ask } = world({ optional: true, later: { decide: () => deny('undecided') } });
    for (let i = 0; i < 5; i++) expect(word(await ask(`bad${i}`))).toBe('undecided');
  });

  test('401s carry the limit’s headers, and passes of somebody known do not', async () => {
    const { ask } = world();
    for (const token of [undefined, 'bad1']) {
      const refused = await ask(token);
      const headers = Object.fromEntries(refused.kind === 'reply' ? refused.headers : []);
      expect(headers['X-RateLimit-Remaining']).toBe(token === undefined ? '1' : '0');
      expect(headers['WWW-Authenticate']).toContain('Bearer');
    }
    const good = world();
    expect((await good.ask('good1')) as object).not.toHaveProperty('responseHeaders');
  });
});

describe('two stages', () => {
  test('the headers speak of the tighter window of both', async () => {
    const early = limiter({ windows: [{ name: 'ip', limit: 300, seconds: 60, by: ['ip'] }] }, true);
    const late = limiterOn(early, early.store, { windows: [{ name: 'user', limit: 302, seconds: 60, by: ['user'] }] });
    const chain = new Chain([early.link, identityPolicy([]), late.link], { system: 'gongbu' }, early.effects);
    const headersOf = async (clientIp: string) => {
      const facts = fakeFacts({ clientIp, headers: { authorization: 'good' } });
      const verdict = await chain.run(facts, new RequestContext(), early.effects.now());
      return Object.fromEntries(verdict.kind === 'pass' ? (verdict.responseHeaders ?? []) : []);
    };
    const first = await headersOf('1.1.1.1');
    expect(first['RateLimit-Policy']).toBe('"ip";q=300;w=60, "user";q=302;w=60');
    expect([first['X-RateLimit-Limit'], first['X-RateLimit-Remaining']]).toEqual(['300', '299']);
    for (let i = 2; i < 6; i++) await headersOf(`1.1.1.${i}`);
    expect((await headersOf('1.1.1.9'))['X-RateLimit-Limit']).toBe('302');
  });
});

describe('failures only', () => {
  const config = { windows: [{ name: 'otp', limit: 2, seconds: 900, by: ['ip'], failures_only: true }] };
  const head = (status: number, more: Partial<HeadOutcome> = {}): HeadOutcome => ({
    status,
    source: 'service',
    failure: null,
    upstreamMs: 5,
    ...more,
  });

  /** A request whose answer comes a second later. */
  async function attempt({ link, effects }: Limiter, outcome: HeadOutcome | 'refused later' | 'lost'): Promise<string> {
    const [facts, context] = [fakeFacts(), new RequestContext()];
    const decision = await link.instance.decide(facts, context, effects.now());
    await effects.clock.advance(1000);
    if (decision.kind !== 'pass') return decision.kind;
    if (outcome === 'refused later') await link.instance.settle!(facts, context, deny('forbidden'), effects.now());
    else if (outcome !== 'lost') link.instance.answered!(facts, context, outcome, effects.now());
    await effects.clock.advance(1000);
    return decision.kind;
  }

  test.each([
    ['2xx', head(200), 'pass'],
    ['3xx', head(303), 'pass'],
    ['4xx', head(401), 'deny'],
    ['5xx', head(500), 'deny'],
    ['a time-out', head(504, { source: 'gateway', failure: 'timeout' }), 'deny'],
    ['a refused connection', head(502, { source: 'gateway', failure: 'refused' }), 'pass'],
    ['a later refusal', 'refused later', 'pass'],
    ['an outcome that nobody saw', 'lost', 'deny'],
  ] as const)('%s', async (_what, outcome, third) => {
    const made = limiter(config);
    await attempt(made, outcome);
    await attempt(made, outcome);
    expect(await attempt(made, outcome)).toBe(third);
  });

  test('many at once never guess more often than the limit', async () => {
    const made = limiter(config);
    const said = await Promise.all(Array.from({ length: 20 }, () => made.ask()));
    expect(said.filter(({ kind }) => kind === 'pass')).toHaveLength(2);
  });
});
