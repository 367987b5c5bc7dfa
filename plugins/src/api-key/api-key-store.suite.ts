/** What every ApiKeyStore must do. */

import { API_KEY_ENDED_KEPT_MS, type ApiKeyRecord, type ApiKeyStore } from '@gatehouse/policy';
import { describe, expect, test } from '@jest/globals';

export interface ApiKeyStoreUnderTest {
  /** Two ends of one store, as two nodes have them. */
  readonly stores: readonly [ApiKeyStore, ApiKeyStore];
  /** Keys that fit. */
  readonly capacity: number;
  /** Lets what is on its way arrive. */
  settle(): Promise<void>;
}

export const keyRecord = (id: string, more: Partial<ApiKeyRecord> = {}): ApiKeyRecord => ({
  id,
  system: 's',
  hash: 'ab'.repeat(32),
  previous: null,
  name: 'a key, with "quotes"',
  owner: 'partner',
  scopes: ['a', 'b'],
  createdAt: 1000,
  expiresAt: null,
  revokedAt: null,
  lastUsedAt: null,
  ...more,
});

type Open = () => Promise<ApiKeyStoreUnderTest>;

function recordTests(open: Open): void {
  test('gives what was put last, on every node', async () => {
    const { stores } = await open();
    const ends = Date.now() + 1000;
    const previous = { hash: 'cd'.repeat(32), until: 5 };
    const whole = keyRecord('k', { previous, expiresAt: ends, revokedAt: ends + 1, lastUsedAt: 9 });
    await stores[0].put(keyRecord('k'));
    expect(await stores[1].get('s', 'k')).toEqual(keyRecord('k'));
    await stores[1].put(whole);
    expect(await stores[0].get('s', 'k')).toEqual(whole);
    expect(await stores[0].get('s', 'other')).toBeNull();
    expect(await stores[0].get('other', 'k')).toBeNull();
  });

  test('replaces a record only while it is what the caller knows', async () => {
    const { stores } = await open();
    const known = keyRecord('k');
    await stores[0].put(known);
    const rotated = keyRecord('k', { hash: 'ef'.repeat(32) });
    expect(await stores[1].put(rotated, known)).toBe(true);
    expect(await stores[0].put(keyRecord('k', { hash: '12'.repeat(32) }), known)).toBe(false);
    const at = Date.now();
    await stores[0].put({ ...rotated, revokedAt: at });
    expect(await stores[1].put(keyRecord('k', { hash: '12'.repeat(32) }), rotated)).toBe(false);
    expect(await stores[1].get('s', 'k')).toEqual({ ...rotated, revokedAt: at });
    expect(await stores[1].put(keyRecord('gone'), keyRecord('gone'))).toBe(false);
    expect(await stores[1].get('s', 'gone')).toBeNull();
  });
}

function listTests(open: Open): void {
  test('lists a system’s keys, newest first', async () => {
    const { stores } = await open();
    await stores[0].put(keyRecord('old', { createdAt: 1 }));
    await stores[0].put(keyRecord('new', { createdAt: 3 }));
    await stores[0].put(keyRecord('mid', { createdAt: 2 }));
    await stores[0].put(keyRecord('foreign', { system: 'x' }));
    const ids = async (limit: number) => (await stores[1].list('s', limit)).map((record) => record.id);
    expect(await ids(10)).toEqual(['new', 'mid', 'old']);
    expect(await ids(2)).toEqual(['new', 'mid']);
  });

  test('lists page by page, each key once, also when several are of one moment', async () => {
    const { stores } = await open();
    for (const id of ['a', 'c', 'b', 'd']) await stores[0].put(keyRecord(id));
    const pages: string[][] = [];
    for (let after: string | undefined; pages.length < 5; ) {
      const found = (await stores[1].list('s', 3, after)).map((record) => record.id);
      pages.push(found);
      after = found.at(-1) ?? after;
    }
    expect(pages).toEqual([['d', 'c', 'b'], ['a'], [], [], []]);
    expect(await stores[1].list('s', 3, 'nobody')).toEqual([]);
  });

  test('takes changes when it is full, and no more keys; what ended long ago makes room', async () => {
    const { stores, capacity } = await open();
    const past = Date.now() - API_KEY_ENDED_KEPT_MS;
    for (let i = 0; i < capacity; i++) await stores[0].put(keyRecord(`k${i}`));
    await expect(stores[1].put(keyRecord('more'))).rejects.toMatchObject({ code: 'API_KEY_STORE_FULL' });
    await stores[1].put(keyRecord('k1', { name: 'changed' }));
    await stores[1].put(keyRecord('k0', { revokedAt: past - 1000 }));
    await stores[1].put(keyRecord('more'));
    expect((await stores[0].list('s', 10)).map((record) => record.id)).toEqual(expect.not.arrayContaining(['k0']));
    expect(await stores[0].list('s', 10)).toHaveLength(capacity);
  });
}

function changeTests(open: Open): void {
  test('notes a use, and makes no key by it', async () => {
    const { stores } = await open();
    await stores[0].put(keyRecord('k'));
    await stores[1].touch('s', 'k', 50);
    expect((await stores[0].get('s', 'k'))?.lastUsedAt).toBe(50);
    await stores[1].touch('s', 'k', 40);
    expect((await stores[0].get('s', 'k'))?.lastUsedAt).toBe(50);
    await stores[0].put(keyRecord('k', { name: 'changed meanwhile' }));
    expect(await stores[1].get('s', 'k')).toMatchObject({ name: 'changed meanwhile', lastUsedAt: 50 });
    await stores[0].touch('s', 'gone', 50);
    expect(await stores[0].get('s', 'gone')).toBeNull();
  });

  test('tells every node of a change, until it stops listening', async () => {
    const { stores, settle } = await open();
    const heard: (string | null)[] = [];
    const listening = stores[1].onChange((_system, id) => void heard.push(id));
    await settle();
    await stores[0].put(keyRecord('k'));
    await settle();
    expect(heard).toContain('k');
    listening.close();
    const before = heard.length;
    await stores[0].put(keyRecord('k2'));
    await settle();
    expect(heard).toHaveLength(before);
  });
}

/** @param open makes an empty store; called once per test */
export function apiKeyStoreSuite(name: string, open: Open): void {
  describe(`API key store: ${name}`, () => {
    recordTests(open);
    listTests(open);
    changeTests(open);
  });
}
