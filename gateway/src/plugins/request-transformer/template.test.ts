import { describe, expect, test } from '@jest/globals';
import { fakeExchange } from '../testing/fake-exchange.js';
import { QueryArgs, TemplateEnvironment } from './environment.js';
import { compileTemplate } from './template.js';

const exchange = fakeExchange({
  target: '/p?q=abc&flag&d=1&d=2',
  headers: { 'X-In': 'v', 'X-Two': ['a', 'b'], Authorization: 'Bearer t' },
  uriCaptures: { unnamed: ['/p', 'one', ''], named: Object.assign(Object.create(null), { id: '7' }) },
});
exchange.shared.set('user', { name: 'Zoë', roles: ['admin'], skip: () => 1 });

const render = (source: string): string =>
  compileTemplate(source, 'config.x', 'fail').render(new TemplateEnvironment(exchange, new QueryArgs(exchange), false));

test.each([
  ['plain', 'plain'],
  ['$(headers.x_in)', 'v'],
  ["$(headers['x-in'])", 'v'],
  ['$(headers["X-In"])', 'v'],
  ['$(headers.none)', ''],
  ["$(headers.none or 'd')", 'd'],
  ['$(headers.x_two[2])', 'b'],
  ["$(type(headers.x_two) == 'table' and headers.x_two[1] or headers.x_two)", 'a'],
  ["$(headers.authorization:gsub('Bearer ', ''))", 't'],
  ['a-$(uri_captures.id)-$(query_params.q)', 'a-7-abc'],
  ['$(uri_captures[1])$(uri_captures[2])$(uri_captures[3])', 'one'],
  ["$(uri_captures['1'])", ''],
  ['$(uri_captures[0])', '/p'],
  ['$(query_params.flag)', 'true'],
  ['$(query_params.d[2])', '2'],
  ['$(shared.user.name)', 'Zo\xc3\xab'],
  ['$(shared.user.roles[1])', 'admin'],
  ['$(shared.user.skip)', ''],
  ['$(shared.user.toString)', ''],
  ['$(false)', ''],
  ['$(true)', 'true'],
  ['$(1 + 1)', '2'],
  ['$(headers', '$(headers'],
  ['$((headers)', '$((headers)'],
  ['cost: $5 (net)', 'cost: $5 (net)'],
  ['$(query_params.q)$(', 'abc$('],
  ['#headers', '#headers'],
])('%s renders %s', (source, text) => {
  expect(render(source)).toBe(text);
});

test.each(['$(headers.none.x)', '$(tostring(1))', '$(os.exit())', "$(require 'os')", '$(foo bar)', "$(headers.x or ')')", '$()'])(
  '%s fails when it is rendered',
  (source) => {
    expect(() => render(source)).toThrow(expect.objectContaining({ code: 'LUA_RUNTIME' }));
  },
);

describe('at compile time', () => {
  test('a syntax error is refused where Kong refuses it', () => {
    expect(() => compileTemplate('$(foo bar)', 'config.add.body[0]', 'refuse')).toThrow('config.add.body[0]');
  });

  test('what is not done here is refused everywhere', () => {
    expect(() => compileTemplate('$((function() return 1 end)())', 'config.add.headers[3]', 'fail')).toThrow('config.add.headers[3]');
  });

  test('the names that are read are known', () => {
    expect([...compileTemplate('$(headers.a or tostring(b))', 'f', 'fail').globals]).toEqual(['headers', 'tostring', 'b']);
  });
});

test('frozen headers stay as they were when first seen', () => {
  const changing = fakeExchange({ headers: { 'X-A': '1' } });
  const live = new TemplateEnvironment(changing, new QueryArgs(changing), false);
  const frozen = new TemplateEnvironment(changing, new QueryArgs(changing), true);
  const template = compileTemplate('$(headers.x_a)', 'f', 'fail');
  for (const env of [live, frozen]) template.render(env);
  changing.request.headers.set('X-A', '2');
  expect([template.render(live), template.render(frozen)]).toEqual(['2', '1']);
});
