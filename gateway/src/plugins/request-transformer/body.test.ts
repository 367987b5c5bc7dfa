import { describe, expect, test } from '@jest/globals';
import type { PluginInstance } from '../../plugin.js';
import { fakeEnvironment, fakeExchange } from '../testing/fake-exchange.js';
import { requestTransformer } from './index.js';

type Bodies = Partial<Record<'remove' | 'rename' | 'replace' | 'add' | 'append', string[]>>;

function plugin(bodies: Bodies): PluginInstance {
  const lists = (body: string[] = []): object => ({ body, headers: [], querystring: [] });
  const config = { remove: lists(bodies.remove), rename: lists(bodies.rename), add: lists(bodies.add), append: lists(bodies.append) };
  return requestTransformer.create({ http_method: null, ...config, replace: { uri: null, ...lists(bodies.replace) } }, fakeEnvironment());
}

/** The body that goes to the service; null when it is left alone. */
async function transform(bodies: Bodies, type: string, body: string | null): Promise<string | null> {
  const exchange = fakeExchange({ headers: { 'Content-Type': type }, body });
  await plugin(bodies).access?.(exchange);
  const changed = exchange.upstream.body;
  if (changed) expect(exchange.request.headers.get('content-length')).toBe(String(changed.length));
  return changed?.toString('utf8') ?? null;
}

const all: Bodies = { remove: ['gone'], rename: ['old:new'], replace: ['rep:R'], add: ['have:no', 'plus:1'], append: ['list:2'] };

describe('JSON', () => {
  test.each([
    [all, '{"gone":1,"old":"o","rep":{"x":1},"have":4,"list":"1"}', { have: 4, list: ['1', '2'], rep: 'R', plus: '1', new: 'o' }],
    [all, '{}', { list: ['2'], have: 'no', plus: '1' }],
    [all, null, { list: ['2'], have: 'no', plus: '1' }],
    [{ add: ['z:1'] }, '{"n":null,"z":null}', null],
    [{ add: ['z:é'] }, '{"z":false}', { z: 'é' }],
    [{ rename: ['a:b'] }, '{"a":false}', null],
    [{ rename: ['a:b'] }, '{"a":null}', { b: null }],
    [{ replace: ['a:b'] }, '{"x":1}', null],
    [{ append: ['a:2'] }, '{"a":1}', { a: ['2'] }],
    [{ append: ['a:2'] }, '{"a":{"x":1}}', { a: { x: 1, 1: '2' } }],
    [{ append: ['a:2', 'a:3'] }, '{"a":{}}', { a: ['2', '3'] }],
    [{ add: ['z:1'] }, '[1,2]', [1, 2]],
    [{ replace: ['z:1'] }, '[1,2]', null],
    [{ add: ['z:1'] }, '{bad', null],
    [{ add: ['z:1'] }, '{"id":12345678901234567890}', { id: 12345678901235000000, z: '1' }],
    [{ add: ['z:$(headers.content_type)'] }, '{}', { z: 'application/json; charset=utf-8' }],
  ] as [Bodies, string | null, unknown][])('%j on %s', async (bodies, body, expected) => {
    const changed = await transform(bodies, 'application/json; charset=utf-8', body);
    expect(changed === null ? null : JSON.parse(changed)).toEqual(expected);
  });

  test('names of JavaScript are names like any other', async () => {
    expect(await transform({ add: ['__proto__:1', 'toString:2'] }, 'application/json', '{"constructor":1}')).toBe(
      '{"constructor":1,"__proto__":"1","toString":"2"}',
    );
  });

  test.each(['"text"', '1', 'true', 'null'])('%s fails, as in Kong', async (body) => {
    await expect(transform({ add: ['z:1'] }, 'application/json', body)).rejects.toMatchObject({ code: 'LUA_RUNTIME' });
  });
});

describe('forms', () => {
  test.each([
    [all, 'gone=1&old=o&rep=1&have=4&list=1', 'have=4&list=1&list=2&new=o&plus=1&rep=R'],
    [all, '', 'have=no&list=2&plus=1'],
    [{ remove: ['gone'] }, 'a=1', 'a=1'],
    [{ rename: ['x:y'] }, 'a=1', null],
    [{ add: ['plus:a b'] }, 'n', 'n&plus=a%20b'],
  ] as [Bodies, string, string | null][])('%j on %s', async (bodies, body, expected) => {
    const changed = await transform(bodies, 'application/x-www-form-urlencoded', body);
    expect(changed?.split('&').sort().join('&') ?? null).toBe(expected);
  });
});

describe('multipart', () => {
  const type = 'multipart/form-data; boundary=xx';
  const file = 'Content-Disposition: form-data; name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n';
  const form = (...parts: string[]): string => `${parts.map((part) => `--xx\r\n${part}\r\n`).join('')}--xx--\r\n`;
  const field = (name: string, value: string): string => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;

  test.each([
    [{ add: ['b:2'] }, form(field('a', '1')), form(field('a', '1'), field('b', '2'))],
    [{ add: ['a:2'] }, form(field('a', '1')), null],
    [{ remove: ['a'] }, form(field('a', '1'), `${file}x\r\n\r\ny`), form(`${file}x\r\n\r\ny`)],
    [{ rename: ['a:b'] }, form(field('a', '1')), form(field('b', '1'))],
    [{ replace: ['a:2', 'x:1'] }, form(field('a', '1'), field('b', '3')), form(field('b', '3'), field('a', '2'))],
    [{ append: ['a:2'] }, form(field('a', '1')), null],
    [{ add: ['b:2'] }, '', form(field('b', '2'))],
  ] as [Bodies, string, string | null][])('%j', async (bodies, body, expected) => {
    expect(await transform(bodies, type, body)).toBe(expected);
  });

  test('without a boundary it is left alone', async () => {
    expect(await transform({ add: ['b:2'] }, 'multipart/form-data', 'x')).toBeNull();
  });
});

test.each([
  ['text/plain', { add: ['b:2'] }],
  ['application/json', {}],
])('a body of %s with %j is not even read', (type, bodies) => {
  const exchange = { ...fakeExchange({ headers: { 'Content-Type': type }, body: 'x' }), readBody: () => Promise.reject(new Error('read')) };
  expect(plugin(bodies).access?.(exchange)).toBeUndefined();
});
