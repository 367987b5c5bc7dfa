import { type ApiKeyStore, ApiKeys, RequestContext } from '@gatehouse/policy';
import { fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { createLink } from '../link.js';
import { apiKeyStoreSuite } from './api-key-store.suite.js';
import { apiKey, MemoryApiKeyStore } from './index.js';

apiKeyStoreSuite('in process', async () => {
  const store = new MemoryApiKeyStore(() => Date.now(), 4);
  return { stores: [store, store], capacity: 4, settle: async () => undefined };
});

function setup(config: object = {}, wrap: (store: ApiKeyStore) => ApiKeyStore = (store) => store) {
  const base = fakeEffects({ 'env:API_KEY_PEPPER': 'pepper' });
  const memory = new MemoryApiKeyStore(base.now);
  const counted = { gets: 0 };
  const store = wrap({
    get: (system, id) => {
      counted.gets++;
      return memory.get(system, id);
    },
    put: (record, over) => memory.put(record, over),
    list: (system, limit) => memory.list(system, limit),
    touch: (system, id, at) => memory.touch(system, id, at),
    onChange: (dropped) => memory.onChange(dropped),
  });
  const keys = new ApiKeys({ store: memory, peppers: ['pepper'], now: base.now, randomBytes: base.random.bytes });
  const link = createLink(apiKey, config, { ...base, apiKeys: store });
  const ask = async (value: string | string[] | undefined) => {
    const context = new RequestContext();
    const headers = value === undefined ? {} : { 'X-API-Key': value };
    const decision = await link.instance.decide(fakeFacts({ headers }), context, base.now());
    return { decision, context, said: decision.kind === 'deny' ? decision.code : `pass ${context.identity?.subject ?? ''}`.trim() };
  };
  const issue = (more: object = {}) =>
    keys.create({ system: 'gongbu', name: 'CRM', owner: 'crm', scopes: ['send'], expiresAt: null, ...more });
  return { ask, issue, keys, memory, counted, link, effects: base, clock: base.clock };
}

describe('a key', () => {
  test('becomes an identity, and the service never sees it', async () => {
    const { ask, issue } = setup();
    const { key, record } = await issue();
    const { decision, context, said } = await ask(key);
    expect(said).toBe('pass crm');
    expect(context.identity).toMatchObject({ via: 'api-key', scopes: ['send'], tokenId: record.id, roles: [] });
    expect(decision).toMatchObject({
      setHeaders: [['X-User-Id', 'crm']],
      removeHeaders: expect.arrayContaining(['x-api-key', 'x-user-roles']),
    });
  });

  test('that is bad is 401, where keys are optional as well', async () => {
    const { ask, issue } = setup();
    const { key } = await issue();
    const { key: foreign } = await issue({ system: 'learning' });
    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    for (const value of [wrong, foreign, `nobody-1.${'x'.repeat(43)}`, 'nonsense', '', [key, key], `${key} `]) {
      expect((await ask(value)).said).toBe('key_invalid');
    }
  });

  test('that is absent passes where optional, and is 401 where not', async () => {
    expect((await setup().ask(undefined)).said).toBe('pass');
    expect((await setup({ optional: false }).ask(undefined)).said).toBe('token_missing');
  });

  test('is recognised from memory once it was seen', async () => {
    const { ask, issue, link, clock } = setup();
    const { key } = await issue();
    const facts = fakeFacts({ headers: { 'x-api-key': key } });
    expect(link.instance.recognise!(facts, clock.now())).toBe(false);
    await ask(key);
    expect(link.instance.recognise!(facts, clock.now())).toBe(true);
    expect(link.instance.recognise!(fakeFacts({ headers: { 'x-api-key': `${key}x` } }), clock.now())).toBe(false);
  });
});

describe('changes', () => {
  test('are seen at once when they are heard of, and in time when not', async () => {
    const { ask, issue, keys, counted } = setup();
    const { key, record } = await issue();
    expect([(await ask(key)).said, (await ask(key)).said, counted.gets]).toEqual(['pass crm', 'pass crm', 1]);
    await keys.revoke('gongbu', record.id);
    expect((await ask(key)).said).toBe('key_invalid');

    const deaf = setup({ cache_seconds: 10 }, (store) => ({ ...store, onChange: () => ({ close: () => undefined }) }));
    const other = await deaf.issue();
    await deaf.ask(other.key);
    await deaf.keys.revoke('gongbu', other.record.id);
    expect((await deaf.ask(other.key)).said).toBe('pass crm');
    await deaf.clock.advance(10_000);
    expect((await deaf.ask(other.key)).said).toBe('key_invalid');
  });

  test('heard of while the store is asked are not covered up by what it says', async () => {
    let answer: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let first = true;
    const { ask, issue, keys } = setup({}, (store) => ({
      ...store,
      get: async (system, id) => {
        const read = await store.get(system, id);
        if (first) await gate;
        first = false;
        return read;
      },
    }));
    const { key, record } = await issue();
    const early = ask(key);
    await keys.revoke('gongbu', record.id);
    answer();
    await early;
    expect((await ask(key)).said).toBe('key_invalid');
  });

  test('a use is noted once a minute', async () => {
    const { ask, issue, memory, clock } = setup();
    const { key, record } = await issue();
    const start = clock.now();
    const used = async () => (await memory.get('gongbu', record.id))?.lastUsedAt;
    await ask(key);
    expect(await used()).toBe(start);
    await clock.advance(59_000);
    await ask(key);
    expect(await used()).toBe(start);
    await clock.advance(1000);
    await ask(key);
    expect(await used()).toBe(start + 60_000);
  });
});

test('no store: 503 for requests with a key, and logged', async () => {
  const { ask, issue, effects } = setup({}, (store) => ({ ...store, get: async () => Promise.reject(new Error('redis is away')) }));
  const { key } = await issue();
  expect((await ask(key)).said).toBe('undecided');
  expect((await ask(undefined)).said).toBe('pass');
  expect(effects.lines).toHaveLength(1);
  expect(JSON.stringify(effects.lines)).not.toContain(key);
});

test('a pepper that is missing is named', () => expect(() => setup({ peppers: ['env:NOBODY'] })).toThrow('peppers[0]'));
