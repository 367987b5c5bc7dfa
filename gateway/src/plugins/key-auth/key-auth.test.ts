import { describe, expect, test } from '@jest/globals';
import { type FakeRequest, fakeEnvironment, fakeExchange, plainHeaders } from '../testing/fake-exchange.js';
import { keyAuth } from './index.js';

const defaults = {
  key_names: ['apikey', 'X-Key'],
  key_in_header: true,
  key_in_query: true,
  key_in_body: false,
  hide_credentials: false,
  anonymous: null,
  run_on_preflight: true,
  realm: null,
};
const people = {
  consumers: [
    { id: 'a1', username: 'alice', custom_id: 'é1' },
    { id: 'b1', username: 'bob' },
    { id: 'anon', username: 'nobody' },
  ],
  credentials: {
    keyauth_credentials: [
      { id: 'k1', key: 'alice-key', consumer: { id: 'a1' } },
      { id: 'k2', key: 'bob-key', consumer: { id: 'b1' }, ttl: 10 },
      { id: 'k3', key: 'lost', consumer: { id: 'gone' } },
    ],
  },
};

async function ask(config: Record<string, unknown>, request: FakeRequest, laterMs = 0) {
  const environment = fakeEnvironment(people);
  const plugin = keyAuth.create({ ...defaults, ...config }, environment);
  environment.time += laterMs;
  const exchange = fakeExchange(request);
  const exit = await plugin.access?.(exchange);
  const { host: _host, ...headers } = plainHeaders(exchange.request.headers);
  const said = exit && JSON.parse(String(exit.body)).message;
  return { status: exit?.status, said, challenge: exit?.headers?.['WWW-Authenticate'], headers, exchange };
}

describe('where the key is looked for', () => {
  test.each([
    [{ headers: { apikey: 'alice-key' } }, 'alice'],
    [{ headers: { 'x-key': 'alice-key' } }, 'alice'],
    [{ target: '/?apikey=alice-key' }, 'alice'],
    [{ target: '/?X-Key=alice-key' }, 'alice'],
    [{ target: '/?x-key=alice-key' }, 'No API key found in request'],
    [{ target: '/?apikey=alice-key', headers: { apikey: 'wrong' } }, 'Unauthorized'],
    [{ target: '/?apikey&X-Key=alice-key' }, 'alice'],
    [{ headers: { apikey: '' }, target: '/?X-Key=alice-key' }, 'No API key found in request'],
    [{ target: '/?apikey=alice-key&apikey=alice-key' }, 'Duplicate API key found'],
    [{ headers: { apikey: ['alice-key', 'alice-key'] } }, 'Duplicate API key found'],
    [{ headers: { apikey: 'lost' } }, 'Unauthorized'],
    [{}, 'No API key found in request'],
  ] as [FakeRequest, string][])('%j: %s', async (request, result) => {
    const { said, exchange, status } = await ask({}, request);
    expect(said ?? exchange.consumer?.username).toBe(result);
    expect(status).toBe(said === undefined ? undefined : 401);
  });

  test.each([
    [{ key_in_header: false }, { headers: { apikey: 'alice-key' } }],
    [{ key_in_query: false }, { target: '/?apikey=alice-key' }],
  ] as [Record<string, unknown>, FakeRequest][])('not with %j', async (config, request) => {
    expect((await ask(config, request)).said).toBe('No API key found in request');
  });

  test('a key with a time to live ends', async () => {
    expect((await ask({}, { headers: { apikey: 'bob-key' } }, 9999)).exchange.consumer?.id).toBe('b1');
    expect((await ask({}, { headers: { apikey: 'bob-key' } }, 10_000)).said).toBe('Unauthorized');
  });
});

describe('in the body', () => {
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const json = { 'Content-Type': 'application/json; charset=utf-8' };
  const multipart = { 'Content-Type': 'multipart/form-data; boundary=x' };
  const part = (name: string, value: string): string => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  test.each([
    [form, 'a=1&apikey=alice-key', 'a=1'],
    [json, '{"apikey":"alice-key","n":1}', '{"n":1}'],
    [multipart, `${part('apikey', 'alice-key')}${part('a', '1')}--x--\r\n`, `${part('a', '1')}--x--\r\n`],
  ] as [Record<string, string>, string, string][])('%j, and taken out', async (headers, body, rest) => {
    const { exchange } = await ask({ key_in_body: true, hide_credentials: true }, { headers, body });
    expect(exchange.consumer?.id).toBe('a1');
    expect(exchange.upstream.body?.toString()).toBe(rest);
    expect(exchange.request.headers.get('content-length')).toBe(String(rest.length));
  });

  test.each([
    [json, '{bad', 'No API key found in request'],
    [json, '{"apikey":["alice-key"]}', 'Duplicate API key found'],
    [form, 'apikey=a&apikey=b', 'Duplicate API key found'],
    [{ 'Content-Type': 'text/plain' }, 'apikey=alice-key', 'No API key found in request'],
  ] as [Record<string, string>, string, string][])('%j %s: %s', async (headers, body, said) => {
    expect((await ask({ key_in_body: true }, { headers, body })).said).toBe(said);
  });
});

describe('what the service learns', () => {
  test('the consumer, and nothing that the client says about itself', async () => {
    const spoofed = { 'X-Consumer-Username': 'admin', 'X-Consumer-Custom-ID': 'x', 'X-Anonymous-Consumer': 'true' };
    const alice = await ask({}, { headers: { apikey: 'alice-key', ...spoofed } });
    expect(alice.headers).toEqual({
      apikey: 'alice-key',
      'x-consumer-id': 'a1',
      'x-consumer-username': 'alice',
      'x-consumer-custom-id': '\xc3\xa91',
      'x-credential-identifier': 'k1',
    });
    expect((await ask({}, { headers: { apikey: 'bob-key', ...spoofed } })).headers).not.toHaveProperty('x-consumer-custom-id');
  });

  test('hide_credentials writes the query anew', async () => {
    const { exchange } = await ask({ hide_credentials: true }, { target: '/?a=1&apikey=alice-key&b=%20x' });
    expect(exchange.upstream.rawQuery).toBe('a=1&b=+x');
    expect((await ask({ hide_credentials: true }, { headers: { apikey: 'alice-key' } })).headers).not.toHaveProperty('apikey');
  });

  test('realm', async () => {
    expect((await ask({}, {})).challenge).toBe('Key');
    expect((await ask({ realm: 'r' }, {})).challenge).toBe('Key realm="r"');
  });
});

describe('anonymous and preflight', () => {
  test('who fails becomes the anonymous consumer, by id or name', async () => {
    for (const anonymous of ['anon', 'nobody']) {
      const { headers, exchange } = await ask({ anonymous }, { headers: { apikey: 'wrong', 'X-Credential-Identifier': 'z' } });
      expect(headers).toMatchObject({ 'x-consumer-id': 'anon', 'x-anonymous-consumer': 'true' });
      expect(headers).not.toHaveProperty('x-credential-identifier');
      expect(exchange.credential).toBeNull();
    }
  });

  test('an anonymous consumer that is none fails the request', () => {
    const plugin = keyAuth.create({ ...defaults, anonymous: 'missing' }, fakeEnvironment(people));
    expect(() => plugin.access?.(fakeExchange())).toThrow('missing');
  });

  test('who is known already is not asked again', async () => {
    const plugin = keyAuth.create({ ...defaults, anonymous: 'anon' }, fakeEnvironment(people));
    const exchange = fakeExchange({ consumer: { id: 'a1' } });
    exchange.credential = { id: 'other', tags: null, consumer: { id: 'a1' } };
    expect(await plugin.access?.(exchange)).toBeUndefined();
    expect(exchange.consumer?.id).toBe('a1');
  });

  test('run_on_preflight', async () => {
    expect((await ask({ run_on_preflight: false }, { method: 'OPTIONS' })).status).toBeUndefined();
    expect((await ask({}, { method: 'OPTIONS' })).status).toBe(401);
  });
});
