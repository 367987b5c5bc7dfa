import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDocument } from './document.js';

function read(text: string): unknown {
  return structuredClone(readDocument(text, 'a.yml'));
}

describe('YAML', () => {
  test('the last of equal keys counts', () => {
    expect(read('a: 1\na: 2')).toEqual({ a: 2 });
  });

  test('merges fill in what is not there, in any order', () => {
    expect(read('x: &x {a: 1, b: 1}\ny: {b: 2, <<: *x}\nz: {<<: [*x, {c: 3}], a: 4}')).toEqual({
      x: { a: 1, b: 1 },
      y: { a: 1, b: 2 },
      z: { a: 4, b: 1, c: 3 },
    });
  });

  test('only unquoted scalars are more than text', () => {
    expect(read('[1, "1", \'yes\', yes, !!str 1, ""]')).toEqual([1, '1', 'yes', true, '1', '']);
    expect(read('a: |\n  1\nb: >-\n  yes\n')).toEqual({ a: '1\n', b: 'yes' });
  });

  test('only the first document counts', () => {
    expect(read('a: 1\n---\nb: 2\n')).toEqual({ a: 1 });
  });

  test('maps have no prototype', () => {
    const map = readDocument('__proto__: {a: 1}\nconstructor: 2', 'a.yml') as object;
    expect(Object.keys(map)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(map)).toBeNull();
  });

  test.each([
    ['services: [\n', /^2:1: /],
    ['a: *nope', /^1:4: invalid reference: nope$/],
    ['a: &a [*a]', /^1:8: the alias 'a' stands inside its own anchor$/],
    ['a: b: c', /^1:5: /],
    ['? [a]\n: b', /key of a map/],
    ['<<: 1', /merges something that is no map/],
    ['a: !!int x', /^1:4: invalid '!!int' value: 'x'$/],
  ])('%j is refused with its place', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe('bounds', () => {
  test('aliases count in full', () => {
    const levels = Array.from({ length: 10 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`);
    expect(() => read(['a0: &a0 [1]', ...levels].join('\n'))).toThrow(/more than \d+ values/);
  });

  test('aliases count for the depth, too', () => {
    const levels = Array.from({ length: 70 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}]`);
    expect(() => read(['a0: &a0 [1]', ...levels].join('\n'))).toThrow(/levels deep/);
  });

  test.each(['[', '{a: ', '- ', '? '])('nesting with %j ends', (open) => {
    expect(() => read(open.repeat(100_000))).toThrow();
  });

  test('JSON is bounded as well', () => {
    expect(() => readDocument('['.repeat(100) + ']'.repeat(100), 'a.json')).toThrow(/levels deep/);
    expect(() => readDocument('{"a":', 'a.json')).toThrow();
  });

  test('a text of many megabytes is not even looked at', () => {
    expect(() => read('#'.repeat(9_000_000))).toThrow(/larger than/);
  });
});

test('what JSON says, YAML says as well', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      // Escapes of lone surrogates and keys named like a merge are not JSON's to decide.
      fc.pre(!/\\u[dD][89a-fA-F]|"<<"|e[+-]?\d{3}/.test(text) && !Object.is(value, -0));
      expect(JSON.stringify(readDocument(text, 'a.yml'))).toBe(JSON.stringify(readDocument(text, 'a.json')));
    }),
  );
});
