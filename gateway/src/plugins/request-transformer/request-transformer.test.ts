import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PluginInstance } from '../../plugin.js';
import { type FakeRequest, fakeEnvironment, fakeExchange, plainHeaders } from '../testing/fake-exchange.js';
import { requestTransformer } from './index.js';

type Lists = { body?: string[]; headers?: string[]; querystring?: string[]; uri?: string };
type Config = Partial<Record<'remove' | 'rename' | 'replace' | 'add' | 'append', Lists>> & { http_method?: string };

function plugin(config: Config, environment = fakeEnvironment()): PluginInstance {
  const lists = (given?: Lists): object => ({ body: [], headers: [], querystring: [], ...given });
  const { remove, rename, replace, add, append, http_method = null } = config;
  const full = { remove: lists(remove), rename: lists(rename), add: lists(add), append: lists(append) };
  return requestTransformer.create({ http_method, ...full, replace: { uri: null, ...lists(replace) } }, environment);
}

async function sent(config: Config, request: FakeRequest) {
  const exchange = fakeExchange(request);
  const exit = await plugin(config).access?.(exchange);
  expect(exit).toBeUndefined();
  const { host, ...headers } = plainHeaders(exchange.request.headers);
  const { method, path, rawQuery, body } = exchange.upstream;
  return { host, headers, method, path, query: rawQuery, upstreamHost: exchange.upstream.host, body: body?.toString('utf8') ?? null };
}

const everything = {
  remove: { headers: ['X-A'] },
  rename: { headers: ['X-B:X-A'] },
  replace: { headers: ['X-A:replaced'] },
  add: { headers: ['X-A:added', 'X-C:added'] },
  append: { headers: ['X-A:appended', 'X-C:appended'] },
};

describe('headers', () => {
  const rows: [Config, Record<string, string | string[]>, Record<string, string | string[]>][] = [
    [everything, { 'X-A': '1', 'X-B': '2' }, { 'x-a': ['replaced', 'appended'], 'x-c': ['added', 'appended'] }],
    [everything, {}, { 'x-a': ['added', 'appended'], 'x-c': ['added', 'appended'] }],
    [
      { add: { headers: ['X-New: one', 'X-Have: two', 'X-Colon:a:b', 'X-None:'] } },
      { 'X-Have': 'mine' },
      { 'x-new': ' one', 'x-have': 'mine', 'x-colon': 'a:b' },
    ],
    [{ append: { headers: ['X-A:3'] } }, { 'X-A': ['1', '2'] }, { 'x-a': ['1', '2', '3'] }],
    [{ rename: { headers: ['X-Old:X-New'] } }, { 'X-Old': ['1', '2'], 'X-New': '3' }, { 'x-new': ['1', '2'] }],
    [{ rename: { headers: ['X-Old:X-New'] } }, { 'X-New': '3' }, { 'x-new': '3' }],
    [{ rename: { headers: ['x-old:X-OLD'] } }, { 'X-Old': '1' }, { 'x-old': '1' }],
    [{ replace: { headers: ['X-A:r', 'X-B:r'] } }, { 'X-A': ['1', '2'] }, { 'x-a': 'r' }],
    [{ remove: { headers: ['Host', 'x-a'] } }, { 'X-A': '1' }, {}],
    [{ add: { headers: ['X_A:new'] } }, { 'X-A': 'dashed' }, { 'x-a': 'dashed' }],
    [{ remove: { headers: ['X_A'] } }, { 'X-A': 'dashed' }, { 'x-a': 'dashed' }],
    [{ append: { headers: ['X_A:2'] } }, { 'X-A': '1' }, { 'x-a': '1', x_a: ['1', '2'] }],
  ];
  test.each(rows)('%j with %j', async (config, headers, expected) => {
    expect((await sent(config, { headers })).headers).toEqual(expected);
  });

  test('Host goes to the service by replace, never by add', async () => {
    const replaced = await sent({ replace: { headers: ['Host: other.test'] } }, {});
    expect(replaced).toMatchObject({ host: 'other.test', upstreamHost: 'other.test' });
    const renamed = await sent({ rename: { headers: ['X-H:Host'] } }, { headers: { 'X-H': 'renamed.test' } });
    expect(renamed).toMatchObject({ host: 'renamed.test', upstreamHost: 'renamed.test', headers: {} });
    expect(await sent({ add: { headers: ['Host:other.test'] } }, {})).toMatchObject({ host: 'kong.test', upstreamHost: null });
  });

  test('a value can’t break out of its line', async () => {
    const { headers } = await sent({ add: { headers: ['X-A:$(query_params.q)'] } }, { target: '/?q=a%0d%0aX-Evil:1%00' });
    expect(headers).toEqual({ 'x-a': 'a%0D%0AX-Evil:1%00' });
  });

  test('templates see what the client sent, whatever was changed before them', async () => {
    const config = {
      replace: { headers: ['X-A:new'] },
      append: { headers: ['X-B:$(headers.x_a)'] },
      add: { querystring: ['a:$(headers.x_a)'] },
    };
    expect(await sent(config, { headers: { 'X-A': 'old' } })).toMatchObject({ headers: { 'x-a': 'new', 'x-b': 'old' }, query: 'a=old' });
  });

  test('a template that fails, fails the request', () => {
    for (const headers of [['X-A:$(headers.none.x)'], ['X-A:$(foo bar)']]) {
      expect(() => plugin({ add: { headers } }).access?.(fakeExchange())).toThrow(expect.objectContaining({ code: 'LUA_RUNTIME' }));
    }
  });

  test('a name that means nothing in Kong is warned of', () => {
    const environment = fakeEnvironment();
    plugin({ add: { headers: ['X-A:$(tostring(1))'] } }, environment);
    expect(environment.logged[0]?.message).toContain('"tostring"');
  });

  test('constant headers are decided without a promise', () => {
    expect(plugin(everything).access?.(fakeExchange())).toBeUndefined();
  });
});

describe('path and method', () => {
  const uriCaptures = { unnamed: ['/u/1 2', '1 2'], named: { id: '1 2' } };
  test('replace.uri', async () => {
    const config = { replace: { uri: '/new/$(uri_captures["id"])' } };
    expect(await sent(config, { target: '/u/1?q=1', uriCaptures })).toMatchObject({ path: '/new/1 2', query: 'q=1' });
    expect(() => plugin({ replace: { uri: '$(headers.none)' } }).access?.(fakeExchange())).toThrow('path must start with /');
  });

  test('http_method, and a form that goes into the query', async () => {
    expect(await sent({ http_method: 'POST' }, { target: '/?a=1' })).toMatchObject({ method: 'POST', query: 'a=1' });
    const request = { target: '/?a=1', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: 'a=2&b=3' };
    expect(await sent({ http_method: 'GET' }, request)).toMatchObject({ method: 'GET', query: 'a=1&a=2&b=3' });
    expect(() => plugin({ http_method: 'PURGE' }).access?.(fakeExchange())).toThrow('invalid method');
  });
});

test.each([
  [{ remove: { querystring: ['a'] } }, 'a=1&b=2&a=3', 'b=2'],
  [{ rename: { querystring: ['a:c', 'x:y'] } }, 'b=2&a=1', 'b=2&c=1'],
  [{ replace: { querystring: ['a:r', 'x:r'] } }, 'a=1&a=2', 'a=r'],
  [{ add: { querystring: ['a:no', 'n:a b/é'] } }, 'a', 'a&n=a%20b%2F%C3%A9'],
  [{ append: { querystring: ['a:2', 'f:1', 'n:1'] } }, 'a=1&f', 'a=1&a=2&f=1&n=1'],
  [{ add: { querystring: ['id:$(query_params.q)'] } }, 'q=1', 'id=1&q=1'],
  [{ add: { querystring: ['id:$(query_params.none)'] } }, '', 'id='],
  [{ add: { headers: ['X-A:1'] } }, 'b&a=%zz', 'b&a=%zz'],
] as [Config, string, string][])('query %j: %s becomes %s', async (config, query, expected) => {
  expect((await sent(config, { target: query === '' ? '/' : `/?${query}` })).query).toBe(expected);
});

test('the query that goes on says what its arguments said', async () => {
  const config = { add: { querystring: ['added:1'] } };
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.string(), { maxKeys: 8 }), async (args) => {
      const { query } = await sent(config, { target: `/?${new URLSearchParams(args)}` });
      expect(Object.fromEntries(new URLSearchParams(query))).toEqual({ added: '1', ...args });
    }),
  );
});

test.each(['headers', 'querystring'])(
  'a template that is no Lua behind a name to remove from %s fails the request, not the file',
  async (part) => {
    const remove = { [part]: ['x-a:$(headers.)x)'] };
    await expect(sent({ remove }, { target: '/?x-a=1' })).rejects.toThrow('failed to render the template');
  },
);
