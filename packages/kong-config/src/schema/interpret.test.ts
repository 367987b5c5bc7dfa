import { describe, expect, test } from '@jest/globals';
import { Context, type Hooks, pathText } from './context.js';
import { complete } from './interpret.js';
import { nodeOf } from './node.js';
import type { EntityCheck, Field, Rules } from './types.js';

const HOOKS: Hooks = {
  entity: (_node, value) => value,
  foreign: (_name, _node, value) => value ?? null,
  auto: (name) => `auto ${name}`,
  reference: (text) => `resolved ${text}`,
};

function run(field: Field, value: unknown) {
  const context = new Context(HOOKS);
  const completed = complete(nodeOf(field, true), value, context);
  return { completed, faults: context.faults.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)) };
}

const text = (rules: Rules): Field => ({ type: 'string', ...rules });
const number = (rules: Rules): Field => ({ type: 'number', ...rules });
const list = (rules: Rules): Field => ({ type: 'array', elements: { type: 'string' }, ...rules });

test.each<[string, Field, unknown, string[]]>([
  ['required', text({ required: true }), undefined, ['required field missing']],
  ['required', text({ required: true }), null, ['required field missing']],
  ['optional', text({}), null, []],
  ['string', text({}), 1, ['expected a string']],
  ['string', text({}), '', ['length must be at least 1']],
  ['string', text({ len_min: 0 }), '', []],
  ['integer', { type: 'integer' }, 1.5, ['expected an integer']],
  ['integer', { type: 'integer' }, Number.POSITIVE_INFINITY, ['expected an integer']],
  ['number', number({}), '1', ['expected a number']],
  ['boolean', { type: 'boolean' }, 'true', ['expected a boolean']],
  ['array', list({}), { a: 1 }, ['expected an array']],
  ['array', list({}), {}, []],
  ['set', { type: 'set', elements: text({}) }, 'a', ['expected a set']],
  ['map', { type: 'map', keys: { type: 'string' }, values: text({}) }, ['a'], ['expected a map']],
  [
    'map',
    { type: 'map', keys: { type: 'string' }, values: text({}) },
    { a: 1, '': 'b' },
    ['a: expected a string', '[""]: length must be at least 1'],
  ],
  ['record', { type: 'record', fields: {} }, 'a', ['expected a record']],
  ['elements', list({}), ['a', 1, null], ['[1]: expected a string', '[2]: required field missing']],
  ['eq', text({ eq: 'a' }), 'b', ['value must be a']],
  ['eq null', text({ eq: null, err: 'never' }), 'b', ['never']],
  ['ne', { type: 'boolean', ne: true, err: 'not true' }, true, ['not true']],
  ['one_of', text({ one_of: ['a', 'b'] }), 'c', ['expected one of: a, b']],
  ['not_one_of', text({ not_one_of: ['a'] }), 'a', ['must not be one of: a']],
  ['gt', number({ gt: 0 }), 0, ['value must be greater than 0']],
  ['between', number({ between: [1, 2] }), 3, ['value should be between 1 and 2']],
  ['uuid', text({ uuid: true }), 'a', ['expected a valid UUID']],
  ['is_regex', text({ is_regex: true }), '(', ['not a valid regex: (']],
  ['len_eq', list({ len_eq: 1 }), [], ['length must be 1']],
  ['len_max', text({ len_max: 2 }), 'äb', ['length must be at most 2']],
  ['starts_with', text({ starts_with: '/' }), 'a', ['should start with: /']],
  ['match', text({ match: /^a/ }), 'b', ['invalid value: b']],
  ['not_match', text({ not_match: /^a/ }), 'a', ['invalid value: a']],
  ['match_all', text({ match_all: [{ pattern: /a/, err: 'no a' }] }), 'b', ['no a']],
  ['match_none', text({ match_none: [{ pattern: /a/, err: 'an a' }] }), 'a', ['an a']],
  ['match_any', text({ match_any: { patterns: [/a/, /b/], err: 'neither' } }), 'c', ['neither']],
  ['contains', list({ contains: 'a' }), ['b'], ['expected to contain: a']],
  ['custom', text({ custom_validator: (value: string) => (value === 'a' ? null : 'no') }), 'b', ['no']],
  ['the first failing rule', number({ one_of: [1], gt: 5 }), 2, ['expected one of: 1']],
  ['a reference', text({ referenceable: true, len_max: 1 }), '{vault://a/b}', []],
])('%s: %#', (_rule, field, value, faults) => {
  expect(run(field, value).faults).toEqual(faults);
});

describe('what is filled in', () => {
  test.each<[Field, unknown, unknown]>([
    [text({ default: 'a' }), undefined, 'a'],
    [text({ default: 'a' }), null, null],
    [text({}), undefined, null],
    [{ type: 'set', elements: text({}) }, ['a', 'b', 'a'], ['a', 'b']],
    [
      { type: 'record', fields: { a: number({ default: 1 }), b: { type: 'record', fields: { c: list({ default: ['d'] }) } } } },
      undefined,
      { a: 1, b: { c: ['d'] } },
    ],
    [{ type: 'record', fields: { a: { type: 'record', required: false, fields: {} } } }, {}, { a: null }],
    [{ type: 'record', fields: { a: text({ auto: true }) } }, {}, { a: 'auto a' }],
    [{ type: 'record', fields: { a: { type: 'record', fields: { b: number({ default: 1 }) } } } }, { a: false }, { a: { b: 1 } }],
    [list({}), {}, []],
    [text({ referenceable: true }), '{vault://a/b}', 'resolved {vault://a/b}'],
  ])('case %#', (field, value, completed) => {
    expect(run(field, value)).toEqual({ completed, faults: [] });
  });

  test('defaults are not shared', () => {
    const field = list({ default: ['a'] });
    expect(run(field, undefined).completed).not.toBe(run(field, undefined).completed);
  });
});

describe('checks over several fields', () => {
  const over = (check: EntityCheck, value: object) =>
    run({ type: 'record', fields: { a: text({ len_min: 0 }), b: text({}), c: number({}) }, entity_checks: [check] }, value).faults;

  test.each<
    [
      EntityCheck['check'] & ('at_least_one_of' | 'only_one_of' | 'distinct' | 'mutually_required' | 'mutually_exclusive'),
      object,
      object,
      string,
    ]
  >([
    ['at_least_one_of', { b: 'x' }, { a: '' }, "at least one of these fields must be non-empty: 'a', 'b'"],
    ['only_one_of', { b: 'x' }, { a: 'y', b: 'x' }, "exactly one of these fields must be non-empty: 'a', 'b'"],
    ['distinct', { a: 'y', b: 'x' }, { a: 'x', b: 'x' }, "values of these fields must be distinct: 'a', 'b'"],
    ['mutually_required', {}, { a: 'x' }, "all or none of these fields must be set: 'a', 'b'"],
    ['mutually_exclusive', { a: 'x' }, { a: 'x', b: 'y' }, "only one or none of these fields must be set: 'a', 'b'"],
  ])('%s', (check, good, bad, message) => {
    expect(over({ check, fields: ['a', 'b'] }, good)).toEqual([]);
    expect(over({ check, fields: ['a', 'b'] }, bad)).toEqual([message]);
  });

  test('a condition lays its rules over those of the field', () => {
    const check: EntityCheck = { check: 'conditional', if_field: 'a', if_match: { eq: 'x' }, then_field: 'c', then_match: { gt: 5 } };
    expect(over(check, { a: 'y', c: 1 })).toEqual([]);
    expect(over(check, { a: 'x' })).toEqual([]);
    expect(over(check, { a: 'x', c: 1 })).toEqual([
      'c: value must be greater than 5',
      "failed conditional validation given value of field 'a'",
    ]);
  });

  test('a custom check is not asked about faulty fields', () => {
    const check: EntityCheck = { check: 'custom', sources: ['b'], fn: () => 'always' };
    expect(over(check, {})).toEqual(['always']);
    expect(over(check, { b: 1 })).toEqual(['b: expected a string']);
  });
});

test('paths are read by people', () => {
  expect(pathText(['services', 0, 'headers', 'x-a', 1])).toBe('services[0].headers.x-a[1]');
  expect(pathText(['headers', 'a b', '__proto__'])).toBe('headers["a b"].__proto__');
  expect(pathText([])).toBe('');
});
