import { describe, expect, test } from '@jest/globals';
import type { PluginInstance } from '../../plugin.js';
import { type FakeAnswer, fakeEnvironment, fakeExchange, runThrough } from '../testing/fake-exchange.js';
import { responseTransformer } from './index.js';

type Lists = { json?: string[]; json_types?: string[]; headers?: string[] };
type Config = Partial<Record<'remove' | 'rename' | 'replace' | 'add' | 'append', Lists>>;
type Headers = Record<string, string | string[]>;

function plugin(config: Config, environment = fakeEnvironment()): PluginInstance {
  const lists = (given?: Lists): object => ({ json: [], json_types: [], headers: [], ...given });
  const { remove, rename, replace, add, append } = config;
  const full = { remove: lists(remove), rename: lists(rename), replace: lists(replace), add: lists(add), append: lists(append) };
  return responseTransformer.create(full, environment);
}

const answered = (config: Config, answer: FakeAnswer) => runThrough(plugin(config), fakeExchange(), answer);
const json = { 'Content-Type': 'application/json' };

describe('headers', () => {
  const rows: [Config, Headers, Headers][] = [
    [
      {
        remove: { headers: ['X-Gone', 'Set-Cookie:bad'] },
        rename: { headers: ['X-Old:X-New'] },
        replace: { headers: ['X-Rep:R', 'X-None:R'] },
        add: { headers: ['X-Have:no', 'X-Plus:1'] },
        append: { headers: ['X-List:2', 'X-Plus:2'] },
      },
      { 'X-Gone': '1', 'X-Old': '2', 'X-Rep': '3', 'X-Have': '4', 'X-List': '1', 'Set-Cookie': ['a=1', 'b=2'] },
      { 'x-new': '2', 'x-rep': 'R', 'x-have': '4', 'x-list': ['1', '2'], 'x-plus': ['1', '2'] },
    ],
    [{ remove: { headers: ['X-A'] }, add: { headers: ['X-A:1'] } }, { 'X-A': '0' }, {}],
    [{ remove: { headers: ['X-A'] }, replace: { headers: ['X-A:1'] } }, { 'X-A': '0' }, { 'x-a': '1' }],
    [{ rename: { headers: ['X-A:X-B'] }, add: { headers: ['X-B:1'] } }, { 'X-A': '0' }, { 'x-b': '1' }],
    [{ add: { headers: ['X-A:1', 'X-A:2'] } }, {}, { 'x-a': '2' }],
    [{ rename: { headers: ['X-A:X-B'] } }, { 'X-A': ['1', '2'], 'X-B': '3' }, { 'x-b': ['1', '2'] }],
    [{ add: { headers: ['X_A:1', 'X-B:'] } }, {}, { 'x-a': '1' }],
    [{ add: { headers: ['X-A:1'] }, remove: { headers: ['X_B'] } }, { 'X-B': '1' }, { 'x-a': '1' }],
    [{ add: { headers: ['X-A:a\r\nX-Evil:1'] } }, {}, { 'x-a': 'a%0D%0AX-Evil:1' }],
    [{ append: { headers: ['Transfer-Encoding:chunked'] } }, {}, {}],
    [{ append: { headers: ['ETag:"b"', 'Expires:0'] } }, { ETag: '"a"' }, { etag: '"b"', expires: '0' }],
  ];
  test.each(rows)('%j on %j', async (config, headers, expected) => {
    expect((await answered(config, { headers })).headers).toEqual(expected);
  });

  test('without body operations no body passes through the plugin', () => {
    expect(plugin({ add: { headers: ['X-A:1'] } }).bodyFilter).toBeUndefined();
  });
});

describe('JSON bodies', () => {
  const all: Config = {
    remove: { json: ['gone'] },
    rename: { json: ['old:new', 'off:still'] },
    replace: { json: ['rep:R', 'none:R'] },
    add: { json: ['have:no', 'plus:1'] },
    append: { json: ['list:2'] },
  };
  test.each([
    [
      all,
      '{"gone":1,"old":2,"rep":3,"have":4,"list":["1"],"off":false}',
      { have: 4, list: ['1', '2'], rep: 'R', plus: '1', new: 2, still: false },
    ],
    [all, '{"have":false,"rep":false,"list":"1"}', { have: 'no', rep: false, plus: '1', list: ['1', '2'] }],
    [
      {
        add: {
          json: ['n:1', 'b:true', 's:x', 'h: 0x10', 'bad:x', 'f:1'],
          json_types: ['number', 'boolean', 'string', 'number', 'number', 'boolean'],
        },
      },
      '{}',
      { b: true, n: 1, s: 'x', h: 16, f: false },
    ],
    [{ add: { json: ['a:', 'q:"x"', 'p:a/b', 'w:a\\b'] } }, '{}', { a: 'null', q: '"x"', p: 'a/b', w: 'a\\\\b' }],
    [{ add: { json: ['a:1'] } }, '[1,2]', [1, 2]],
    [{ add: { json: ['__proto__:1'] } }, '{}', JSON.parse('{"__proto__":"1"}')],
    [{ add: { json: ['é:ü'] } }, '{"x":12345678901234567890}', { é: 'ü', x: 12345678901235000000 }],
  ] as [Config, string, unknown][])('%j on %s', async (config, body, expected) => {
    const done = await answered(config, {
      headers: { ...json, 'Content-Length': String(body.length) },
      body: [body.slice(0, 3), body.slice(3), ''],
    });
    expect(JSON.parse(done.body)).toEqual(expected);
    expect(done.headers['content-length']).toBeUndefined();
  });

  test.each(['not json', '', '"text"', 'null', 'false'])('%j is sent as it came', async (body) => {
    expect((await answered({ add: { json: ['a:1'] } }, { headers: json, body })).body).toBe(body);
  });

  test.each([
    ['text/plain', '{}', '{}'],
    ['application/problem+json; charset=utf-8', '{}', '{"a":"1"}'],
  ])('a body of %s', async (type, body, expected) => {
    const done = await answered({ add: { json: ['a:1'] } }, { headers: { 'Content-Type': type, 'Content-Length': '2' }, body });
    expect(done.body).toBe(expected);
    expect(done.headers['content-length']).toBe(body === expected ? '2' : undefined);
  });

  test('what is too long to be transformed is not shown untransformed', async () => {
    const environment = fakeEnvironment();
    const half = `"${'x'.repeat(9 * 1024 * 1024)}"`;
    const instance = plugin({ remove: { json: ['secret'] } }, environment);
    const { body } = await runThrough(instance, fakeExchange(), { headers: json, body: ['{"secret":', half, ',"b":', half, '}'] });
    expect(body).toBe('{"message":"An unexpected error occurred"}');
    expect(environment.logged.map(({ level }) => level)).toEqual(['error']);
  });
});
