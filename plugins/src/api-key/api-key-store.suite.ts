/** What every ApiKeyStore must do. */

import type { ApiKeyRecord, ApiKeyStore } from '@gatehouse/policy';
import { describe, expect, test } from '@jest/globals';

export interface ApiKeyStoreUnderTest {
  /** Two ends of one store, as two nodes have them. */
  readonly stores: readonly [ApiKeyStore, ApiKeyStore];
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

/** @param open makes an empty store; called once per test */
export function apiKeyStoreSuite(name: string, open: () => Promise<ApiKeyStoreUnderTest>): void {
  describe(`API key store: ${name}`, () => {
    test('gives what was put last, on every node', async () => {
      const { stores } = await open();
      const whole = keyRecord('k', { previous: { hash: 'cd'.repeat(32), until: 5 }, expiresAt: 7, revokedAt: 8, lastUsedAt: 9 });
      await stores[0].put(keyRecord('k'));
      expect(await stores[1].get('s', 'k')).toEqual(keyRecord('k'));
      await stores[1].put(whole);
      expect(await stores[0].get('s', 'k')).toEqual(whole);
      expect(await stores[0].get('s', 'other')).toBeNull();
      expect(await stores[0].get('other', 'k')).toBeNull();
    });

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

    test('notes a use, and makes no key by it', async () => {
      const { stores } = await open();
      await stores[0].put(keyRecord('k'));
      await stores[1].touch('s', 'k', 50);
      expect((await stores[0].get('s', 'k'))?.lastUsedAt).toBe(50);
      await stores[1].touch('s', 'k', 40);
      expect((await stores[0].get('s', 'k'))?.lastUsedAt).toBe(50);
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
  });
}
