import type { ApiKeyRecord } from '@gatehouse/policy';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { keyView, listQuery, newKey, rotation } from './key-view.js';

const now = 1_800_000_000_000;
const moment = fc.option(fc.integer({ min: now - 10_000, max: now + 10_000 }), { nil: null });
const hash = fc.stringMatching(/^[0-9a-f]{64}$/);
const record: fc.Arbitrary<ApiKeyRecord> = fc.record({
  id: fc.stringMatching(/^[A-Za-z0-9_-]{16}$/),
  system: fc.constant('gongbu'),
  hash,
  previous: fc.option(fc.record({ hash, until: fc.integer({ min: now - 10_000, max: now + 10_000 }) }), { nil: null }),
  name: fc.string(),
  owner: fc.string(),
  scopes: fc.array(fc.string()),
  createdAt: fc.integer({ min: 0, max: now }),
  expiresAt: moment,
  revokedAt: moment,
  lastUsedAt: moment,
});

describe('a key as clients see it', () => {
  test('has nothing of any secret, and says whether it opens anything', () => {
    fc.assert(
      fc.property(record, (key) => {
        const view = keyView(key, now) as { status: string; previousUntil: string | null };
        const text = JSON.stringify(view);
        for (const kept of [key.hash, key.previous?.hash ?? 'hash":']) expect(text).not.toContain(kept);
        const over = key.expiresAt !== null && key.expiresAt <= now;
        expect(view.status).toBe(key.revokedAt !== null ? 'revoked' : over ? 'expired' : 'active');
        expect(view.previousUntil !== null).toBe(key.previous !== null && key.previous.until > now);
      }),
    );
  });
});

describe('what clients may ask for', () => {
  const good = { name: 'CRM – Seoul', owner: 'crm@partner.example', scopes: ['notifications:send', 'a.b:c-d:*'] };

  test('a name for people, an owner for services, scopes, an end', () => {
    expect(newKey.parse(good)).toEqual({ ...good, expiresAt: null });
    expect(newKey.safeParse({ ...good, expiresAt: '2030-01-01T00:00:00+09:00' }).success).toBe(true);
    expect(rotation.parse({})).toEqual({ overlapSeconds: 86_400 });
    expect(listQuery.parse({})).toEqual({ limit: 50 });
    expect(listQuery.parse({ limit: '7', after: 'abc' })).toEqual({ limit: 7, after: 'abc' });
  });

  test.each<[string, boolean]>([
    ['a name with a NUL', newKey.safeParse({ ...good, name: 'a\0b' }).success],
    ['a name that turns the text around', newKey.safeParse({ ...good, name: 'a\u202eb' }).success],
    ['an owner with a comma', newKey.safeParse({ ...good, owner: 'a,b' }).success],
    ['a hundred and one scopes', newKey.safeParse({ ...good, scopes: Array(101).fill('a') }).success],
    ['a system', newKey.safeParse({ ...good, system: 'learning' }).success],
    ['an end that is a number', newKey.safeParse({ ...good, expiresAt: 7 }).success],
    ['an overlap without end', rotation.safeParse({ overlapSeconds: 31 * 86_400 }).success],
    ['an overlap before', rotation.safeParse({ overlapSeconds: -1 }).success],
    ['a part of a second', rotation.safeParse({ overlapSeconds: 0.5 }).success],
    ['pages without end', listQuery.safeParse({ limit: '1000' }).success],
    ['no page', listQuery.safeParse({ limit: '0' }).success],
    ['a page twice', listQuery.safeParse({ limit: ['1', '2'] }).success],
    ['a place that is no id', listQuery.safeParse({ after: '../x' }).success],
    ['a field that nobody knows', listQuery.safeParse({ owner: 'x' }).success],
  ])('not %s', (_what, taken) => expect(taken).toBe(false));
});
