import { systems } from '@gatehouse/testkit';
import { describe, expect, test } from '@jest/globals';
import { CasesError, parseCases, readCases } from './cases.js';
import { differences, type Received } from './expectation.js';
import { fillIn } from './fill-in.js';

const one = (text: string) => parseCases('cases.yml', `cases:\n- name: n\n  request: GET /a\n  expect: { status: 200 }\n${text}`, {}).cases;

describe('a case file', () => {
  test.each(systems)('of %s can be read', (system) => {
    expect(readCases(system).cases.length).toBeGreaterThan(50);
  });

  test('makes one case per entry of each', () => {
    const text =
      'cases:\n- name: "{{m}} ok"\n  each: [{m: GET, s: 200}, {m: PUT, s: 201}]\n  request: "{{m}} /a"\n  expect: { status: "{{s}}" }\n';
    const { cases } = parseCases('x', text, {});
    expect(cases.map(({ name, steps }) => [name, steps[0]?.request.method, steps[0]?.expect.status])).toEqual([
      ['GET ok', 'GET', [200]],
      ['PUT ok', 'PUT', [201]],
    ]);
  });

  test.each([
    ['a key that nobody knows', '  retries: 1\n'],
    ['a key of the request that nobody knows', '  steps: [{request: {path: /, bdy: x}, expect: {status: 200}}]\n'],
    ['a path without a slash', '- {name: m, request: GET a, expect: {status: 200}}\n'],
    ['no expectation', '- {name: m, request: GET /a}\n'],
    ['the same name twice', '- {name: n, request: GET /a, expect: {status: 200}}\n'],
  ])('is refused with %s', (_, text) => {
    expect(() => one(text)).toThrow(CasesError);
  });
});

describe('fillIn', () => {
  test('keeps the type of a value that stands alone, and fills keys', () => {
    expect(fillIn({ '{{k}}': ['{{n}}', 'a{{n}}b', '{{unknown}}'] }, { k: 'key', n: 7 })).toEqual({ key: [7, 'a7b', '{{unknown}}'] });
  });
});

describe('differences', () => {
  const expected = (text: string) => one(`- {name: m, request: POST /p, expect: ${text}}\n`)[1]!.steps[0]!;
  const answer = { status: 200, headers: { 'x-a': '1' }, body: '{"a":{"b":1,"c":[1,2]},"t":"text"}' };
  const got = (more: Partial<Received> = {}): Received => ({
    service: 's',
    method: 'POST',
    url: '/p',
    headers: { h: 'v' },
    bodyBytes: 3,
    ...more,
  });
  const count = (text: string, received: Received[] = []) => {
    const { expect: wanted, request } = expected(text);
    return differences(wanted, request, answer, received).length;
  };

  test.each([
    ['{status: 200}', 0],
    ['{status: [404, 200]}', 0],
    ['{status: 404}', 1],
    ['{status: 200, headers: {X-A: "1"}}', 0],
    ['{status: 200, headers: {X-A: ~^\\d$, X-B: null}}', 0],
    ['{status: 200, headers: {X-A: null, X-B: b}}', 2],
    ['{status: 200, json: {a: {b: 1}, t: ~^te}}', 0],
    ['{status: 200, json: {a: {c: [1, 2]}}}', 0],
    ['{status: 200, json: {a: {b: 2, c: [1]}, x: null}}', 3],
    ['{status: 200, text: nope}', 1],
  ])('%s of an answer: %i', (text, differing) => {
    expect(count(text)).toBe(differing);
  });

  test.each([
    ['none', [], 0],
    ['none', [got()], 1],
    ['s', [got()], 0],
    ['s', [], 1],
    ['s', [got(), got()], 1],
    ['s', [got({ method: 'GET', url: '/q' })], 2],
    ['s', [got(), got({ service: 'other' })], 1],
    ['{service: s, times: 2, bytes: 3, headers: {H: v, X: null}}', [got(), got()], 0],
    ['{service: s, times: [1, 2]}', [got(), got()], 0],
    ['{service: s, url: /q, method: PUT}', [got({ method: 'PUT', url: '/q' })], 0],
    ['{service: s, bytes: 4, headers: {H: w}}', [got()], 2],
  ])('reaches %s', (text, received, differing) => {
    expect(count(`{status: 200, reaches: ${text}}`, received)).toBe(differing);
  });
});
