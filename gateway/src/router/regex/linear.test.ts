import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RegexError } from './ast.js';
import { CharClasses } from './char-class.js';
import { emit } from './emit.js';
import { isLinear } from './linear.js';
import { execute } from './machine.js';
import { parseRegex } from './parser.js';
import { assemble } from './program.js';
import { RouteRegex } from './route-regex.js';

describe('which engine runs a pattern', () => {
  test.each([
    '^/users/(?P<id>[^/]+)$',
    '^/users/\\d+/posts$',
    '^/(en|de)/[^/]+$',
    '^/files/.*\\.(png|jpg)$',
    '^/api/v\\d+.*',
    '^/v[12]/(users|orders)(/\\d+)?/?$',
    '^/shop/(?P<c>[a-z-]+)/(?P<s>[a-z0-9-]+)-(?P<id>\\d+)$',
    '^(/[a-z]+)$',
    '^/(?:\\w+/)*x$',
    '^/(.*)$',
    '^/a(?:b|c)?[0-9a-f]{8}$',
    'bot',
  ])("%s is safe with JavaScript's own", (pattern) => expect(new RouteRegex(pattern).isNative).toBe(true));

  test.each([
    '^/(a*)*b',
    '^/(?:a+)+$',
    '^/(?:a|a)*$',
    '^/(?:a|ab)*c$',
    '^/a.*b.*c$',
    '^/\\d+\\d+x',
    '^/(?:\\w+\\d)*$',
    '^/.*x\\w+y$',
    '^/(?:a?){30}a{30}$',
    '^/(?:(a)|b)+',
    'a.*b',
    '^/a|b+c',
    '^/(?:a|b|c|ab|bc|abc){9}$',
  ])('%s needs the machine', (pattern) => expect(new RouteRegex(pattern).isNative).toBe(false));

  test('hostile text ends for all of them', () => {
    for (const pattern of ['^/(a*)*b', '^/(?:a+)+$', '^/(?:a|a)*$', '^/a.*b.*c$', '^/(?:a?){30}a{30}$', 'a.*b']) {
      expect(new RouteRegex(pattern).execute(`/${'a'.repeat(3000)}!`, true)).toBeNull();
    }
  });
});

const atom = fc.constantFrom('a', 'b', '/', '[ab]', '[^/]', '\\d', '.', '\\b', '(?i:a)', '\\w');
const pattern = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    atom,
    fc.tuple(tie('node'), tie('node')).map(([left, right]) => left + right),
    fc.tuple(tie('node'), tie('node')).map(([left, right]) => `(?:${left}|${right})`),
    tie('node').map((body) => `(${body})`),
    fc.tuple(tie('node'), fc.constantFrom('*', '+', '?', '{1,2}', '*?', '+?', '{2}')).map(([body, count]) => `(?:${body})${count}`),
  ),
})).node;
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '/', '1', '-'), maxLength: 9 });

test('both engines find the same', () => {
  const classes = new CharClasses();
  fc.assert(
    fc.property(fc.boolean(), pattern, fc.boolean(), fc.array(text, { minLength: 1, maxLength: 4 }), (anchored, body, closed, texts) => {
      const source = `${anchored ? '^' : ''}${body}${closed ? '$' : ''}`;
      const parsed = parseRegex(source, classes);
      if (!isLinear(parsed.root)) return;
      const native = new RegExp(emit(parsed.root));
      const program = assemble(parsed);
      for (const subject of texts) {
        const expected = execute(program, subject, false);
        expect(native.exec(subject)?.slice() ?? null).toEqual(expected);
      }
    }),
    { numRuns: 500 },
  );
});

test('a pattern is refused in words or accepted, never else', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab/()[]{}|*+?^$\\.-,:<>&~P1iud=!é'), maxLength: 12 }), (source) => {
      try {
        new RouteRegex(source).execute('/ab1', true);
      } catch (error) {
        expect(error).toBeInstanceOf(RegexError);
      }
    }),
    { numRuns: 2000 },
  );
});
