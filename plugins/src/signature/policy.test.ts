import { createHash, createHmac } from 'node:crypto';
import { deny, type ReplayStore, RequestContext } from '@gatehouse/policy';
import { fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, jest, test } from '@jest/globals';
import { createLink } from '../link.js';
import { MemoryReplayStore, signature } from './index.js';

const fields = {
  fawryRefNumber: '1',
  merchantRefNumber: '2',
  paymentAmount: 3,
  orderAmount: 3,
  orderStatus: 'PAID',
  paymentMethod: 'CARD',
};
const messageSignature = createHash('sha256').update('123.003.00PAIDCARDkey').digest('hex');
const body = JSON.stringify({ ...fields, messageSignature });
const service = { source: 'service', failure: null, upstreamMs: 1 } as const;

function setup(config: object = {}, replay?: ReplayStore) {
  const base = fakeEffects({ 'env:FAWRY': 'key', 'env:SHORT': 'short', 'env:LONG': 'x'.repeat(32) });
  const effects = { ...base, replay: replay ?? new MemoryReplayStore(base.now) };
  const link = createLink(signature, { scheme: 'fawry', keys: [{ secret: 'env:FAWRY' }], ...config }, effects);
  let count = 0;
  const send = async (text = body) => {
    const facts = fakeFacts({ method: 'POST', body: text, requestId: `r${count++}`, system: 'healthpay' });
    const context = new RequestContext();
    const decision = await link.instance.decide(facts, context, base.now());
    const { instance } = link;
    return {
      kind: decision.kind === 'deny' ? decision.code : decision.kind,
      decision,
      answer: async (status: number, source: 'service' | 'gateway' = 'service') => {
        instance.answered!(facts, context, { ...service, status, source }, base.now());
        await base.clock.advance(0);
      },
      refuse: async () => {
        instance.settle!(facts, context, deny('rate_limited'), base.now());
        await base.clock.advance(0);
      },
    };
  };
  return { send, effects, clock: base.clock, link };
}

describe('an event', () => {
  test('is delivered once: 409 on its way, 200 afterwards with no second delivery', async () => {
    const { send } = setup();
    const first = await send();
    expect(first.kind).toBe('pass');
    expect((await send()).kind).toBe('conflict');
    await first.answer(204);
    const again = await send();
    expect(again.decision).toMatchObject({ kind: 'answer', status: 200 });
  });

  test.each([500, 404, 301, 199])('comes again when the service said %d', async (status) => {
    const { send } = setup();
    await (await send()).answer(status);
    expect((await send()).kind).toBe('pass');
  });

  test('comes again when the gateway answered itself, and when a later policy refused it', async () => {
    const { send } = setup();
    await (await send()).answer(200, 'gateway');
    const second = await send();
    expect(second.kind).toBe('pass');
    await second.refuse();
    expect((await send()).kind).toBe('pass');
  });

  test('is on its way no longer than configured, and remembered as long as configured', async () => {
    const { send, clock } = setup({ replay: { pending_seconds: 10, delivered_seconds: 100 } });
    await send();
    await clock.advance(10_001);
    const second = await send();
    expect(second.kind).toBe('pass');
    await second.answer(200);
    await clock.advance(99_000);
    expect((await send()).kind).toBe('answer');
    await clock.advance(1_001);
    expect((await send()).kind).toBe('pass');
  });

  test('a bad signature is 401 and claims nothing', async () => {
    const { send } = setup();
    expect((await send(body.replace('PAID', 'VOID'))).kind).toBe('signature_invalid');
    expect((await send()).kind).toBe('pass');
  });
});

describe('failures', () => {
  const broken = (): ReplayStore => ({
    claim: jest.fn(async () => Promise.reject(new Error('redis is away'))),
    confirm: jest.fn(async () => Promise.reject(new Error('redis is away'))),
    release: jest.fn(async () => Promise.reject(new Error('redis is away'))),
  });

  test('no replay store: 503, and logged', async () => {
    const { send, effects } = setup({}, broken());
    expect((await send()).kind).toBe('undecided');
    expect(effects.lines).toHaveLength(1);
  });

  test('a store that goes away later is logged, and harms nobody', async () => {
    const { send, effects } = setup({}, { ...broken(), claim: async () => 'new' });
    await (await send()).answer(200);
    await (await send()).refuse();
    expect(effects.lines).toHaveLength(2);
  });

  test('a body that is too large is left to the chain', async () => {
    const { send } = setup({ max_body_bytes: 10 });
    await expect(send()).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });
});

describe('configuration', () => {
  test.each([
    [{ keys: [] }, 'keys'],
    [{ keys: [{ secret: 'plain' }] }, 'keys[0].secret'],
    [{ keys: [{ secret: 'env:NOBODY' }] }, 'keys[0].secret'],
    [{ scheme: 'hmac', keys: [{ secret: 'env:LONG' }] }, 'keys[0].id'],
    [{ scheme: 'hmac', keys: [{ id: 'a', secret: 'env:SHORT' }] }, 'keys[0].secret'],
    [{ scheme: 'standard-webhooks', keys: [{ secret: 'env:LONG' }] }, 'keys[0].secret'],
    [{ scheme: 'md5' }, 'scheme'],
  ])('%j names %s', (config, path) => expect(() => setup(config)).toThrow(path));

  test('no secret is in a message', () => {
    expect(() => setup({ scheme: 'hmac', keys: [{ id: 'a', secret: 'env:SHORT' }] })).toThrow(expect.not.stringContaining('"short"'));
  });

  test('needs what its scheme reads', () => {
    expect(setup().link.needs).toEqual({ headers: [], body: 1_048_576, outcome: 'head' });
    const hmac = setup({ scheme: 'hmac', keys: [{ id: 'a', secret: 'env:LONG' }], headers: ['X-Tenant'] });
    expect(hmac.link.needs.headers).toEqual(expect.arrayContaining(['signature', 'x-tenant', 'content-digest', 'date']));
  });

  test('optional lets unsigned requests pass, and only those', async () => {
    const { link } = setup({ scheme: 'hmac', optional: true, keys: [{ id: 'a', secret: 'env:LONG' }] });
    const ask = async (headers: Record<string, string>) =>
      (await link.instance.decide(fakeFacts({ headers }), new RequestContext(), 0)).kind;
    expect(await ask({})).toBe('pass');
    expect(await ask({ signature: 'x' })).toBe('deny');
    expect(await ask({ 'signature-input': 'x' })).toBe('deny');
  });
});

describe('a signed request', () => {
  /** Signs GET /x with the key `a`. */
  function signed(nonce: string, created: number): Record<string, string> {
    const params = `("@method" "@path");created=${created};keyid="a";nonce="${nonce}"`;
    const base = `"@method": GET\n"@path": /x\n"@signature-params": ${params}`;
    const bytes = createHmac('sha256', 'x'.repeat(32)).update(base).digest('base64');
    return { 'signature-input': `sig=${params}`, signature: `sig=:${bytes}:` };
  }

  test('is good once, whatever became of it; one that never came to the service may come again', async () => {
    const { link, clock } = setup({ scheme: 'hmac', keys: [{ id: 'a', secret: 'env:LONG' }] });
    const headers = signed('1', Math.floor(clock.now() / 1000));
    const ask = async (requestId: string) => {
      const facts = fakeFacts({ url: '/x', headers, requestId });
      const context = new RequestContext();
      return { facts, context, decision: await link.instance.decide(facts, context, clock.now()) };
    };
    const first = await ask('r1');
    expect(first.decision.kind).toBe('pass');
    link.instance.settle!(first.facts, first.context, deny('forbidden'), clock.now());
    await clock.advance(0);
    const second = await ask('r2');
    expect(second.decision.kind).toBe('pass');
    link.instance.answered!(second.facts, second.context, { ...service, status: 500 }, clock.now());
    await clock.advance(0);
    expect((await ask('r3')).decision).toMatchObject({ kind: 'deny', message: 'Signature was used before' });
    expect((await ask('r2')).decision.kind).toBe('pass');
  });
});
