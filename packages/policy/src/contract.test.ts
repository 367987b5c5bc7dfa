import { describe, expect, test } from '@jest/globals';
import { mergeNeeds } from './facts.js';
import { strictJson } from './json/strict.js';
import { ConfigError } from './policy.js';

describe('needs of a chain', () => {
  test('are the union of its policies’', () => {
    expect(mergeNeeds([])).toEqual({
      headers: [],
      headerSize: false,
      body: 0,
      bodySize: false,
      captures: false,
      clientCertificate: false,
      outcome: 'none',
      answer: 0,
    });
    const merged = mergeNeeds([
      { headers: ['b', 'a'], body: 5, outcome: 'head' },
      { headers: ['a'], body: 9, answer: 3, outcome: 'end', captures: true, headerSize: true },
      {},
    ]);
    expect(merged).toMatchObject({ headers: ['a', 'b'], body: 9, answer: 3, outcome: 'end', captures: true, headerSize: true });
  });
});

describe('JSON whose meaning nobody doubts', () => {
  test.each([
    ['{"a":{"b":[1]}}', { a: { b: [1] } }],
    [' {} ', {}],
    ['{"a":1,"a":2}', null],
    ['{"a":1,"\\u0061":2}', null],
    ['[]', null],
    ['null', null],
    ['"a"', null],
    ['', null],
    ['{"a":"\\u0000"}', null],
    [`{"a":${'['.repeat(40)}${']'.repeat(40)}}`, null],
    ['\ufeff{}', null],
  ])('%s', (text, expected) => expect(strictJson(Buffer.from(text))).toEqual(expected));

  test('is UTF-8', () => expect(strictJson(Buffer.from([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d]))).toBeNull());
});

test('a configuration error says all that is wrong, with the fields', () => {
  const error = new ConfigError('x', [
    { path: 'a.b', message: 'is bad' },
    { path: '', message: 'lacks all' },
  ]);
  expect(error.message).toBe('x: a.b: is bad\nx: lacks all');
});
