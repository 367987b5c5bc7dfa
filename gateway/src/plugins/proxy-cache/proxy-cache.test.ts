import { describe, expect, test } from '@jest/globals';
import type { PluginInstance } from '../../plugin.js';
import {
  type FakeAnswer,
  type FakeEnvironment,
  type FakeRequest,
  fakeEnvironment,
  fakeExchange,
  runThrough,
} from '../testing/fake-exchange.js';
import { proxyCache } from './index.js';

const defaults = {
  response_code: [200, 301, 404],
  request_method: ['GET', 'HEAD'],
  content_type: ['text/plain', 'application/json'],
  cache_ttl: 300,
  strategy: 'memory',
  cache_control: false,
  ignore_uri_case: false,
  storage_ttl: null,
  memory: { dictionary_name: 'kong_db_cache' },
  vary_query_params: null,
  vary_headers: null,
  response_headers: { age: true, 'X-Cache-Status': true, 'X-Cache-Key': true },
};
const json: FakeAnswer = { headers: { 'Content-Type': 'application/json' }, body: ['{"v"', ':1}'] };

class Client {
  readonly environment: FakeEnvironment = fakeEnvironment();
  readonly plugin: PluginInstance;

  constructor(config: Record<string, unknown> = {}) {
    this.plugin = proxyCache.create({ ...defaults, ...config }, this.environment);
  }

  ask(request: FakeRequest | string = '/c', answer: FakeAnswer = json) {
    return runThrough(this.plugin, fakeExchange(typeof request === 'string' ? { target: request } : request), answer);
  }

  async statuses(...asked: (FakeRequest | string | [FakeRequest | string, FakeAnswer])[]) {
    const out: unknown[] = [];
    for (const one of asked) out.push((await (Array.isArray(one) ? this.ask(...one) : this.ask(one))).headers['x-cache-status']);
    return out;
  }
}

test('a question mark alone makes another question, as in Kong', async () => {
  expect(await new Client().statuses('/c', '/c?', '/c', '/c?', '/c?&')).toEqual(['Miss', 'Miss', 'Hit', 'Hit', 'Hit']);
});

describe('hits', () => {
  test('the first answer is given again', async () => {
    const client = new Client();
    const answer = {
      ...json,
      headers: { ...json.headers, 'X-Up': ['1', '2'], Connection: 'close', 'Content-Length': '7', 'X-RateLimit-Remaining-Hour': '3' },
    };
    const miss = await client.ask('/c?a=1', answer);
    expect(miss.exit).toBeUndefined();
    client.environment.time += 2500;
    const hit = await client.ask('/c?a=1');
    expect(hit).toMatchObject({ status: 200, body: '{"v":1}' });
    expect(hit.headers).toEqual({
      'content-type': 'application/json',
      'x-up': ['1', '2'],
      age: '2',
      'x-cache-status': 'Hit',
      'x-cache-key': miss.headers['x-cache-key'],
    });
  });

  test.each([
    ['another query', ['/c?a=1', '/c?a=2'], 'Miss'],
    ['the same query in another order', ['/c?a=1&b=2', '/c?b=2&a=1'], 'Hit'],
    ['another path', ['/c', '/d'], 'Miss'],
    ['another method', ['/c', { method: 'HEAD', target: '/c' }], 'Miss'],
    ['another route', ['/c', { target: '/c', route: { id: 'other' } }], 'Miss'],
    ['another consumer', ['/c', { target: '/c', consumer: { id: 'alice' } }], 'Miss'],
    ['another spelling', ['/c', '/C'], 'Miss'],
    ['HEAD is never kept', [{ method: 'HEAD' }, { method: 'HEAD' }], 'Miss'],
  ] as [string, (FakeRequest | string)[], string][])('%s', async (_, asked, last) => {
    expect((await new Client().statuses(...asked)).at(-1)).toBe(last);
  });

  test('vary_query_params, vary_headers and ignore_uri_case', async () => {
    const client = new Client({ vary_query_params: ['a'], vary_headers: ['X-Lang'], ignore_uri_case: true });
    const lang = (target: string, value: string): FakeRequest => ({ target, headers: { 'x-lang': value } });
    expect(await client.statuses(lang('/v?a=1&b=1', 'en'), lang('/V?b=2&a=1', 'en'), lang('/v?a=1', 'de'), lang('/v?a=2', 'en'))).toEqual([
      'Miss',
      'Hit',
      'Miss',
      'Miss',
    ]);
  });
});

describe('what is not kept', () => {
  const cases: [string, FakeRequest | string, FakeAnswer][] = [
    ['a method', { method: 'POST', body: 'x' }, json],
    ['a status', '/', { ...json, status: 500 }],
    ['a type', '/', { ...json, headers: { 'Content-Type': 'text/html' } }],
    ['parameters of a type', '/', { ...json, headers: { 'Content-Type': 'application/json; charset=utf-8' } }],
    ['no type', '/', { body: 'x' }],
  ];
  test.each(cases)('%s', async (_, request, answer) => {
    expect(await new Client().statuses([request, answer], [request, answer])).toEqual(['Bypass', 'Bypass']);
  });

  test('a long answer passes and is not collected', async () => {
    const client = new Client();
    const piece = 'x'.repeat(1024 * 1024);
    const long = { ...json, body: [piece, piece, piece, piece, 'y'] };
    expect((await client.ask('/c', long)).body).toHaveLength(4 * 1024 * 1024 + 1);
    expect(await client.statuses('/c')).toEqual(['Miss']);
  });

  test('an answer that breaks off', async () => {
    const client = new Client();
    const exchange = fakeExchange({ target: '/c' });
    await client.plugin.access?.(exchange);
    client.plugin.headerFilter?.(exchange, {
      status: 200,
      source: 'service',
      headers: fakeExchange({ headers: { 'Content-Type': 'text/plain' } }).request.headers,
    });
    client.plugin.bodyFilter?.(exchange, Buffer.from('half'), false);
    expect(await client.statuses('/c')).toEqual(['Miss']);
  });
});

describe('age', () => {
  test('past cache_ttl it is asked again, as long as it is stored', async () => {
    const client = new Client({ cache_ttl: 10, storage_ttl: 1000 });
    await client.ask();
    client.environment.time += 10_000;
    expect(await client.statuses('/c')).toEqual(['Hit']);
    client.environment.time += 1000;
    expect(await client.statuses('/c', '/c')).toEqual(['Refresh', 'Hit']);
  });

  test('past the storage it is gone', async () => {
    const client = new Client({ cache_ttl: 10 });
    await client.ask();
    client.environment.time += 10_000;
    expect(await client.statuses('/c')).toEqual(['Miss']);
  });

  test('the store outlives the instance', async () => {
    const client = new Client();
    await client.ask();
    const next = proxyCache.create(defaults, client.environment);
    expect((await runThrough(next, fakeExchange({ target: '/c' }))).headers['x-cache-status']).toBe('Hit');
  });
});

describe('cache_control', () => {
  const said = (control: string, more = {}): FakeAnswer => ({ ...json, headers: { ...json.headers, 'Cache-Control': control, ...more } });
  const wants = (control: string): FakeRequest => ({ target: '/c', headers: { 'Cache-Control': control } });
  const expires = (seconds: number): object => ({ Expires: new Date(1_700_000_000_000 + seconds * 1000).toUTCString() });

  test.each([
    [said('max-age=60'), 'Miss'],
    [said('s-maxage=60, max-age=0'), 'Miss'],
    [said('public', expires(60)), 'Miss'],
    [said('public', expires(-60)), 'Bypass'],
    [said('max-age=0'), 'Bypass'],
    [said('max-age=60, private'), 'Bypass'],
    [said('no-store'), 'Bypass'],
    [said('NO-CACHE'), 'Bypass'],
    [json, 'Bypass'],
  ])('an answer that says %j', async (answer, status) => {
    expect(await new Client({ cache_control: true }).statuses(['/c', answer])).toEqual([status]);
  });

  test.each([
    ['no-store', 'Bypass'],
    ['no-cache', 'Bypass'],
    ['max-age=5', 'Refresh'],
    ['max-age=20', 'Hit'],
    ['min-fresh=55', 'Refresh'],
    ['min-fresh=10', 'Hit'],
    ['only-if-cached', 'Hit'],
    ['max-stale', 'Hit'],
    ['max-age="x"', 'Hit'],
  ])('a request that wants %s after 10 s', async (control, status) => {
    const client = new Client({ cache_control: true });
    await client.ask('/c', said('max-age=60'));
    client.environment.time += 10_000;
    expect(await client.statuses([wants(control), said('max-age=60')])).toEqual([status]);
  });

  test('max-stale, and only-if-cached without an answer', async () => {
    const client = new Client({ cache_control: true, storage_ttl: 0 });
    await client.ask('/c', said('max-age=60'));
    client.environment.time += 90_000;
    expect(await client.statuses(wants('max-stale=40'), [wants('max-stale=20'), said('max-age=60')])).toEqual(['Hit', 'Refresh']);
    const exit = await client.ask({ target: '/other', headers: { 'Cache-Control': 'only-if-cached' } });
    expect(exit).toMatchObject({ status: 504, body: expect.stringContaining('timing out') });
  });
});

describe('conditional requests', () => {
  const modified = 'Wed, 01 Jan 2025 00:00:00 GMT';
  test.each([
    [{ 'If-None-Match': '"x", W/"e"' }, 304],
    [{ 'If-None-Match': '*' }, 304],
    [{ 'If-None-Match': '"x"' }, 200],
    [{ 'If-Modified-Since': modified }, 304],
    [{ 'If-Modified-Since': 'Thu, 02 Jan 2025 00:00:00 GMT' }, 200],
    [{ 'If-Modified-Since': modified, 'If-None-Match': '"x"' }, 200],
    [{ 'If-Match': '"x"' }, 412],
    [{ 'If-Match': '"e"' }, 200],
    [{ 'If-Unmodified-Since': 'Tue, 31 Dec 2024 00:00:00 GMT' }, 412],
    [{ 'If-Unmodified-Since': modified }, 200],
  ] as [Record<string, string>, number][])('%j: %i', async (headers, status) => {
    const client = new Client();
    await client.ask('/c', { ...json, headers: { ...json.headers, ETag: '"e"', 'Last-Modified': modified } });
    const done = await client.ask({ target: '/c', headers });
    expect(done.status).toBe(status);
    if (status !== 304) return;
    expect(done).toMatchObject({ body: '', headers: { etag: '"e"', 'x-cache-status': 'Hit' } });
    expect(done.headers['content-type']).toBeUndefined();
  });
});

test('response_headers, and Kong-Debug that shows them all the same', async () => {
  const client = new Client({ response_headers: { age: false, 'X-Cache-Status': false, 'X-Cache-Key': false } });
  await client.ask('/c');
  expect((await client.ask('/c')).headers).toEqual({ 'content-type': 'application/json' });
  const debug = await client.ask({ target: '/c', headers: { 'Kong-Debug': '1' } });
  expect(debug.headers).toMatchObject({ age: '0', 'x-cache-status': 'Hit', 'x-cache-key': expect.stringMatching(/^[0-9a-f]{64}$/) });
});
