import { describe, expect, test } from '@jest/globals';
import { fakeExchange, headerList } from '../testing/fake-exchange.js';
import { fromBytes, toBytes } from './bytes.js';
import { emptyExit, errorExit } from './exits.js';
import { findKey } from './header-lookup.js';
import { isJsonType, parseMediaType } from './media-type.js';
import { splitPair } from './pairs.js';
import { compilePcre } from './pcre.js';

test('bytes and text', () => {
  expect(toBytes('é')).toBe('\xc3\xa9');
  expect(fromBytes(toBytes('aé€😀'))).toBe('aé€😀');
});

test.each([
  ['X-A:1', { name: 'X-A', value: '1' }],
  ['X-A: a:b', { name: 'X-A', value: ' a:b' }],
  ['X-A::b', { name: 'X-A', value: 'b' }],
  ['X-A:', { name: 'X-A', value: null }],
  ['X-A', { name: 'X-A', value: null }],
  [':b', null],
])('pair %s', (entry, pair) => {
  expect(splitPair(entry)).toEqual(pair);
});

test.each([
  ['X-A', 'x-a'],
  ['x_a', 'x-a'],
  ['x_b', 'x_b'],
  ['x-c', null],
])('header %s is found under %s', (name, key) => {
  expect(findKey(headerList({ 'X-A': '1', x_b: '2', 'x-b': '3' }), name)).toBe(key);
});

describe('media types', () => {
  test.each([
    ['application/json', true],
    ['Application/JSON; charset=utf-8', true],
    ['application/problem+json', true],
    ['text/html, application/json', true],
    ['application/xjson', false],
    ['text/json', false],
    ['', false],
    [undefined, false],
  ])('%s is JSON: %s', (type, expected) => {
    expect(isJsonType(type)).toBe(expected);
  });

  test('parameters', () => {
    expect(parseMediaType('Text/Plain; Charset=UTF-8;x="a b"')).toEqual({
      type: 'text',
      subtype: 'plain',
      params: new Map([
        ['charset', 'UTF-8'],
        ['x', 'a b'],
      ]),
    });
    expect(parseMediaType('text/plain;')).toBeNull();
    expect(parseMediaType('text')).toBeNull();
    expect(parseMediaType('*')).toMatchObject({ type: '*', subtype: '*' });
  });
});

describe('exits', () => {
  test('an error in the accepted form', () => {
    const exit = errorExit(fakeExchange({ headers: { Accept: 'text/plain' } }), 403, 'No', { 'X-A': '1' });
    expect(exit).toEqual({
      status: 403,
      body: 'No\nrequest_id: 0123456789abcdef0123456789abcdef\n',
      headers: { 'X-A': '1', 'Content-Type': 'text/plain; charset=utf-8' },
    });
  });

  test.each([
    [200, null],
    [418, null],
    [402, '<h1>402 Payment Required</h1>'],
    [400, 'Bad request\nrequest_id'],
    [504, 'The upstream server is timing out'],
  ])('an exit %i without a body', (status, part) => {
    const { body } = emptyExit(fakeExchange(), status);
    if (part === null) expect(body).toBeNull();
    else expect(body).toContain(part);
  });
});

test.each([
  ['[[:digit:]]+', '12', true],
  ['\\Aa\\h+b\\z', 'a \tb', true],
  ['(?i)AB', 'ab', true],
  ['^(?i)AB', 'xab', false],
  ['[]a]', ']', true],
  ['^[[]$', '[', true],
  ['^[^[]$', '[', false],
  ['^[\\h[:alpha:]]+$', 'a\tb', true],
  ['a(?#note)b', 'ab', true],
  ['\\[:alpha:]', 'x', false],
])('PCRE %s on %s: %s', (source, text, expected) => {
  expect(compilePcre(source, 'config.x').test(text)).toBe(expected);
});
