import { expect, test } from '@jest/globals';
import { mergeText } from './merge-text.js';

const one = '# HELP a_total A\n# TYPE a_total counter\na_total{x="1 2"} 3\n# HELP up Up\n# TYPE up gauge\nup 1\n';
const two = '# HELP a_total A\n# TYPE a_total counter\na_total{x="1 2"} 4\na_total{x="b"} 1.5\n# HELP up Up\n# TYPE up gauge\nup 1\n';

test('values of equal series are added up, each family stands once', () => {
  expect(mergeText([one, two], new Set(['up']))).toBe(
    '# HELP a_total A\n# TYPE a_total counter\na_total{x="1 2"} 7\na_total{x="b"} 1.5\n# HELP up Up\n# TYPE up gauge\nup 1\n',
  );
});

test('one text comes out as it was', () => expect(mergeText([two], new Set())).toBe(two));
