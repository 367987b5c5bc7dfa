import { expect, test } from '@jest/globals';
import { allocationTree, type HeapNode } from './allocations.js';

const node = (functionName: string, url: string, selfSize: number, children: HeapNode[] = []): HeapNode => ({
  callFrame: { functionName, url, lineNumber: 4 },
  selfSize,
  children,
});

test('bytes are summed up along the calls; what allocated nothing is left out', () => {
  const tree = allocationTree(
    node('(root)', '', 0, [
      node('small', 'node:net', 10),
      node('run', 'file:///r/gateway/dist/a.js', 5, [node('', 'file:///r/gateway/dist/b.js', 100), node('nothing', '', 0)]),
    ]),
    '/r',
  );
  expect(tree).toMatchObject({ total: 115, self: 0 });
  expect(tree.calls.map(({ name, total, group }) => [name, total, group])).toEqual([
    ['run', 105, 'gateway'],
    ['small', 10, 'Node'],
  ]);
  expect(tree.calls[0]!.calls).toMatchObject([{ name: '(anonymous)', place: 'gateway/dist/b.js:5', self: 100, calls: [] }]);
});

test('a profile without allocations is refused', () => expect(() => allocationTree(node('(root)', '', 0), '/r')).toThrow('no allocation'));
