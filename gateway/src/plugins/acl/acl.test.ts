import { describe, expect, test } from '@jest/globals';
import type { Exchange } from '../../plugin.js';
import { fakeEnvironment, fakeExchange } from '../testing/fake-exchange.js';
import { acl } from './index.js';

const people = {
  credentials: {
    acls: [
      { id: '2', group: 'users', consumer: { id: 'alice' } },
      { id: '1', group: 'admin', consumer: { id: 'alice' } },
      { id: '3', group: 'users', consumer: { id: 'bob' } },
    ],
  },
};

function exchangeOf(consumer: string | null, authenticated = consumer !== null): Exchange {
  const exchange = fakeExchange({ consumer: consumer === null ? null : { id: consumer }, headers: { 'X-Consumer-Groups': 'spoofed' } });
  if (authenticated) exchange.credential = { id: 'c', tags: null, consumer: null };
  return exchange;
}

async function ask(config: Record<string, unknown>, exchange: Exchange) {
  const defaults = { allow: null, deny: null, hide_groups_header: false, always_use_authenticated_groups: false };
  const plugin = acl.create({ ...defaults, ...config }, fakeEnvironment(people));
  const first = await plugin.access?.(exchange);
  return first?.status ?? exchange.request.headers.get('x-consumer-groups') ?? 'passes';
}

describe('groups of consumers', () => {
  test.each([
    [{ allow: ['admin'] }, 'alice', 'admin, users'],
    [{ allow: ['admin', 'users'] }, 'bob', 'users'],
    [{ allow: ['admin'] }, 'bob', 403],
    [{ allow: ['admin'] }, 'carl', 403],
    [{ allow: ['admin'] }, null, 401],
    [{ deny: ['admin'] }, 'alice', 403],
    [{ deny: ['admin'] }, 'bob', 'users'],
    [{ deny: ['admin'] }, 'carl', ''],
    [{ deny: ['admin'] }, null, 401],
    [{ allow: ['users'], hide_groups_header: true }, 'bob', 'passes'],
  ] as [Record<string, unknown>, string | null, string | number][])('%j for %s: %s', async (config, consumer, result) => {
    expect(await ask(config, exchangeOf(consumer))).toBe(result);
  });

  test('an anonymous consumer without groups is not signed in', async () => {
    expect(await ask({ allow: ['admin'] }, exchangeOf('anon', false))).toBe(401);
  });

  test('the second answer is the first one', async () => {
    const plugin = acl.create({ allow: ['users'], deny: null, hide_groups_header: false }, fakeEnvironment(people));
    for (let i = 0; i < 2; i++) {
      const exchange = exchangeOf('bob');
      expect(await plugin.access?.(exchange)).toBeUndefined();
      expect(exchange.request.headers.get('x-consumer-groups')).toBe('users');
    }
  });
});

describe('groups that another plugin found out', () => {
  test.each([
    [{ allow: ['g'] }, null, undefined],
    [{ allow: ['x'] }, null, 403],
    [{ allow: ['g'] }, 'bob', 403],
    [{ allow: ['g'], always_use_authenticated_groups: true }, 'bob', undefined],
  ] as [Record<string, unknown>, string | null, number | undefined][])('%j for %s: %s', async (config, consumer, status) => {
    const exchange = exchangeOf(consumer);
    exchange.shared.set('authenticated_groups', ['g', 'h']);
    const result = await ask(config, exchange);
    if (status !== undefined) expect(result).toBe(status);
    else expect(exchange.request.headers.get('x-authenticated-groups')).toBe('g, h');
  });
});
