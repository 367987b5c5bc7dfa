import { describe, expect, test } from '@jest/globals';
import type { PluginInstance } from '../../plugin.js';
import { type FakeRequest, fakeEnvironment, fakeExchange } from '../testing/fake-exchange.js';
import { requestTermination } from './index.js';

const defaults = { status_code: 503, message: null, body: null, content_type: null, echo: false, trigger: null };
const plugin = (config: Record<string, unknown> = {}): PluginInstance =>
  requestTermination.create({ ...defaults, ...config }, fakeEnvironment());
const json = { 'Content-Type': 'application/json; charset=utf-8' };

test.each([
  [{}, { status: 503, body: '{"message":"Service unavailable"}', headers: json }],
  [
    { status_code: 403, message: 'So long' },
    { status: 403, body: '{"message":"So long"}', headers: json },
  ],
  [{ message: 'see https://a.test "x"' }, { status: 503, body: '{"message":"see https://a.test \\"x\\""}', headers: json }],
  [
    { status_code: 200, body: '{}' },
    { status: 200, body: '{}' },
  ],
  [
    { status_code: 200, body: '<p>', content_type: 'text/html' },
    { status: 200, body: '<p>', headers: { 'Content-Type': 'text/html' } },
  ],
  [{ status_code: 418 }, { status: 418, body: null }],
  [{ status_code: 404 }, { status: 404, body: '{"message":"Not found"}', headers: json }],
])('%j', async (config, exit) => {
  expect(await plugin(config).access?.(fakeExchange())).toEqual(exit);
});

describe('trigger', () => {
  test.each([
    [{}, false],
    [{ headers: { 'x-stop': '' } }, true],
    [{ target: '/?X-Stop' }, true],
    [{ target: '/?x-stop=1' }, false],
    [{ target: '/?a=X-Stop' }, false],
  ] as [FakeRequest, boolean][])('%j: %s', async (request, stops) => {
    const exit = await plugin({ trigger: 'X-Stop' }).access?.(fakeExchange(request));
    expect(exit !== undefined).toBe(stops);
  });
});

describe('echo', () => {
  const show = async (request: FakeRequest): Promise<{ message?: string; request: Record<string, unknown> }> => {
    const exit = await plugin({ echo: true }).access?.(fakeExchange(request));
    expect(exit).toMatchObject({ status: 503, headers: json });
    return JSON.parse(String(exit?.body));
  };

  test('shows the request', async () => {
    const shown = await show({ method: 'POST', target: '/p?q=1&q=%C3%A9&b', headers: { 'X-A': ['b', 'c'] }, body: 'body' });
    expect(shown.message).toBe('Service unavailable');
    expect(shown.request).toMatchObject({
      method: 'POST',
      path: '/p',
      host: 'kong.test',
      port: 8000,
      query: { q: ['1', 'é'], b: true },
      headers: { host: 'kong.test', 'x-a': ['b', 'c'], 'content-length': '4' },
      raw_body: 'body',
      uri_captures: { named: {}, unnamed: [] },
    });
    expect(shown.request).not.toHaveProperty('body');
  });

  test('shows of a route what is set', async () => {
    const shown = await show({ route: { id: 'r', name: 'shown', methods: null } });
    expect(shown).toMatchObject({ matched_route: { name: 'shown' } });
    expect(shown).not.toHaveProperty('matched_route.methods');
  });

  test.each([
    ['application/json; charset=utf-8', '{"a":[1]}', { a: [1] }],
    ['application/json', 'nonsense', undefined],
    ['application/x-www-form-urlencoded', 'a=1&__proto__=2', JSON.parse('{"a":"1","__proto__":"2"}')],
  ])('reads a body of %s: %s', async (type, body, parsed) => {
    expect((await show({ headers: { 'Content-Type': type }, body })).request['body']).toEqual(parsed);
  });
});
