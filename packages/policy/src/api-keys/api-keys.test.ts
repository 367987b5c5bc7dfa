import { describe, expect, test } from '@jest/globals';
import type { ApiKeyRecord, ApiKeyStore } from '../stores.js';
import { fakeEffects } from '../testing/fake-effects.js';
import { ApiKeys, apiKeyOpens, OVERLAP_MAX_MS, parseApiKey } from './api-keys.js';

const peppers = ['pepper'];

function setup() {
  const records = new Map<string, ApiKeyRecord>();
  const store: ApiKeyStore = {
    get: async (_system, id) => records.get(id) ?? null,
    put: async (record, over) => {
      const known = records.get(record.id);
      if (over && known?.revokedAt !== over.revokedAt) return false;
      records.set(record.id, record);
      return true;
    },
    list: async () => [...records.values()],
    touch: async () => undefined,
    onChange: () => ({ close: () => undefined }),
  };
  const { clock, random } = fakeEffects();
  const keys = new ApiKeys({ store, peppers, now: () => clock.now(), randomBytes: random.bytes });
  const opens = (key: string, using = peppers) => {
    const { id, secret } = parseApiKey(key)!;
    return apiKeyOpens(records.get(id)!, secret, using, clock.now());
  };
  const wanted = { system: 'gongbu', name: 'CRM', owner: 'crm', scopes: ['a'], expiresAt: null };
  return { keys, records, store, clock, opens, wanted };
}

describe('API keys', () => {
  test('are shown once; only a keyed hash is kept', async () => {
    const { keys, records, opens, wanted } = setup();
    const { key, record } = await keys.create(wanted);
    const { id, secret } = parseApiKey(key)!;
    expect(record).toMatchObject({ id, owner: 'crm', scopes: ['a'], revokedAt: null, lastUsedAt: null });
    expect(JSON.stringify([...records])).not.toContain(secret);
    expect(secret).toHaveLength(43);
    expect(opens(key)).toBe(true);
    expect(opens(`${id}.${'A'.repeat(43)}`)).toBe(false);
  });

  test('open nothing with another pepper, under another name, or in another system', async () => {
    const { keys, records, opens, wanted } = setup();
    const { key, record } = await keys.create(wanted);
    expect(opens(key, ['other'])).toBe(false);
    expect(opens(key, ['new', 'pepper'])).toBe(true);
    const { secret } = parseApiKey(key)!;
    for (const more of [{ id: 'another-id' }, { system: 'learning' }]) {
      expect(apiKeyOpens({ ...records.get(record.id)!, ...more }, secret, peppers, 0)).toBe(false);
    }
  });

  test('overlap after a rotation, and no longer', async () => {
    const { keys, opens, clock, wanted } = setup();
    const first = await keys.create(wanted);
    const second = await keys.rotate('gongbu', first.record.id, 1000);
    expect(second.record).toMatchObject({ id: first.record.id, scopes: ['a'], createdAt: first.record.createdAt });
    expect([opens(first.key), opens(second.key)]).toEqual([true, true]);
    await clock.advance(1000);
    expect([opens(first.key), opens(second.key)]).toEqual([false, true]);
    const third = await keys.rotate('gongbu', first.record.id, 0);
    expect([opens(second.key), opens(third.key)]).toEqual([false, true]);
  });

  test('end when they are revoked, with their predecessor, and at their time', async () => {
    const { keys, opens, clock, wanted } = setup();
    const first = await keys.create(wanted);
    const second = await keys.rotate('gongbu', first.record.id, 10_000);
    await keys.revoke('gongbu', first.record.id);
    expect([opens(first.key), opens(second.key)]).toEqual([false, false]);
    await expect(keys.rotate('gongbu', first.record.id, 0)).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
    await expect(keys.revoke('gongbu', 'nobody')).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
    const short = await keys.create({ ...wanted, expiresAt: clock.now() + 1000 });
    expect(opens(short.key)).toBe(true);
    await clock.advance(1000);
    expect(opens(short.key)).toBe(false);
    expect(await keys.list('gongbu', 10)).toHaveLength(2);
  });

  test('that are revoked while they are rotated stay revoked', async () => {
    const { keys, store, records, opens, wanted } = setup();
    const first = await keys.create(wanted);
    const get = store.get;
    let between: (() => Promise<unknown>) | null = () => keys.revoke('gongbu', first.record.id);
    store.get = async (system, id) => {
      const known = await get(system, id);
      const run = between;
      between = null;
      await run?.();
      return known;
    };
    await expect(keys.rotate('gongbu', first.record.id, 1000)).rejects.toMatchObject({ code: 'API_KEY_CHANGED' });
    expect(opens(first.key)).toBe(false);
    const { revokedAt } = records.get(first.record.id)!;
    expect(await keys.revoke('gongbu', first.record.id)).toMatchObject({ revokedAt });
  });

  test('that ended are not rotated', async () => {
    const { keys, clock, wanted } = setup();
    const { record } = await keys.create({ ...wanted, expiresAt: clock.now() + 1000 });
    await clock.advance(1000);
    await expect(keys.rotate('gongbu', record.id, 0)).rejects.toMatchObject({ code: 'API_KEY_NOT_FOUND' });
  });

  test('are not made of nonsense', async () => {
    const { keys, clock, wanted } = setup();
    const bad = [{ name: '' }, { owner: 'x'.repeat(201) }, { scopes: [''] }, { scopes: Array(101).fill('a') }, { expiresAt: clock.now() }];
    for (const more of bad) await expect(keys.create({ ...wanted, ...more })).rejects.toThrow(RangeError);
    for (const overlap of [-1, Number.NaN, OVERLAP_MAX_MS + 1])
      await expect(keys.rotate('gongbu', 'x', overlap)).rejects.toThrow(RangeError);
  });

  test('are not read into any text', () => {
    const secret = 'a'.repeat(43);
    const texts = ['', '.', 'abcd', 'abcd.', `.${secret}`, `abc.${secret}`, `abcd.${'a'.repeat(19)}`, `abcd.${'a'.repeat(129)}`];
    const more = [`ab cd.${secret}`, `abcd.${secret}.x`, `abcd.${secret}\n`, 'a'.repeat(1e6), `${secret}.${'.'.repeat(1e6)}`];
    for (const text of [...texts, ...more]) expect(parseApiKey(text)).toBeNull();
  });
});
