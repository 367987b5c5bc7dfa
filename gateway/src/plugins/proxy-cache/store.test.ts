import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fakeExchange } from '../testing/fake-exchange.js';
import { keyMaker } from './cache-key.js';
import { AnswerStore, type CachedAnswer } from './store.js';

const answer = (body: string): CachedAnswer => ({
  status: 200,
  headers: { 'X-A': ['1', '2'] },
  body: Buffer.from(body),
  timestamp: 0,
  ttl: 1,
});
const bodyOf = (store: AnswerStore, key: string, now = 0): string | undefined => store.get(key, now)?.body.toString();

describe('AnswerStore', () => {
  test('the least recently used goes first', () => {
    const store = new AnswerStore({ entries: 2, bytes: 1e6 });
    store.set('a', answer('A'), 10);
    store.set('b', answer('B'), 10);
    store.get('a', 0);
    store.set('c', answer('C'), 10);
    expect(['a', 'b', 'c'].map((key) => bodyOf(store, key))).toEqual(['A', undefined, 'C']);
  });

  test('an answer is gone at its end', () => {
    const store = new AnswerStore({ entries: 2, bytes: 1e6 });
    store.set('a', answer('A'), 10);
    expect([bodyOf(store, 'a', 9), bodyOf(store, 'a', 10), store.size, store.bytes]).toEqual(['A', undefined, 0, 0]);
  });

  test('what is larger than the store is not kept, and what was there is gone', () => {
    const store = new AnswerStore({ entries: 9, bytes: 2000 });
    store.set('a', answer('A'), 10);
    expect(store.set('a', answer('x'.repeat(2000)), 10)).toBe(false);
    expect(store.size).toBe(0);
  });

  test('never above its bounds, and never wrong', () => {
    const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), length: fc.nat(3000), ttl: fc.nat(20), read: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, entries) => {
        const store = new AnswerStore({ entries, bytes: 5000 });
        const written = new Map<string, { body: string; expiresAt: number }>();
        steps.forEach(({ key, length, ttl, read }, now) => {
          if (read) {
            const found = bodyOf(store, key, now);
            const expected = written.get(key);
            if (found !== undefined) expect([found, expected!.expiresAt > now]).toEqual([expected!.body, true]);
          } else {
            const body = `${now}`.padEnd(length);
            store.set(key, answer(body), now + ttl);
            written.set(key, { body, expiresAt: now + ttl });
          }
          expect(store.bytes).toBeLessThanOrEqual(5000);
          expect(store.size).toBeLessThanOrEqual(entries);
          if (store.size === 0) expect(store.bytes).toBe(0);
        });
      }),
    );
  });
});

describe('the key', () => {
  const key = keyMaker({ vary_query_params: null, vary_headers: null, ignore_uri_case: false });

  test('is SHA-256 of what Kong hashes', () => {
    // sha256sum of "5f2c4b0e-0000-4000-8000-000000000001|GET|GET /p HTTP/1.1||" and of "default|GET|GET /p|a=0,1:b=2:c|".
    expect(key(fakeExchange({ target: '/p' }))).toBe('bdae61fd3bdb19adfd4123a251fb0c4bc84948d653f5c27ce6bfd4a065acb749');
    expect(key(fakeExchange({ target: '/p?b=2&a=1&a=0&c', route: null }))).toBe(
      'c66110b9beb783a784e69d4ead2e301bbec47a67d37a12377c5805dc71d5a626',
    );
  });

  test('the same arguments in any order make the same key', () => {
    const pairs = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,4}$/), fc.stringMatching(/^[a-z0-9]{0,4}$/)), {
      selector: ([name]) => name,
      minLength: 1,
    });
    fc.assert(
      fc.property(pairs, (list) => {
        const target = (ordered: [string, string][]): string => `/p?${ordered.map(([name, value]) => `${name}=${value}`).join('&')}`;
        expect(key(fakeExchange({ target: target(list) }))).toBe(key(fakeExchange({ target: target([...list].reverse()) })));
      }),
    );
  });
});
