/** The runner's own parts: a runner that can't fail proves nothing. */
import { describe, expect, test } from '@jest/globals';
import { requestBytes } from './client.js';
import { differences, tallyDifferences } from './compare.js';
import { expandMacros, scrub } from './macros.js';
import { formatMessage, takeMessage } from './raw-http.js';
import { configErrors } from './target.js';

describe('differences', () => {
  test.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1 }, { a: 2 }, ['a: expected 1, got 2']],
    [{ a: { b: ['x'] } }, { a: { b: ['x', 'y'] } }, ['a.b.1: expected nothing, got "y"']],
    [{ a: 1 }, {}, ['a: expected 1, got nothing']],
    ['~^\\d+$', '12', []],
    ['~^\\d+$', 'x', ['all: expected "~^\\\\d+$", got "x"']],
    [{ body: 'any' }, { body: { text: 'x' } }, []],
    [[], {}, ['all: expected [], got {}']],
  ])('%j and %j', (expected, actual, found) => expect(differences(expected, actual)).toEqual(found));

  test.each([
    [{ kind: 'counts', tolerance: 1 } as const, { 1: 5, 2: 5 }, 0],
    [{ kind: 'counts', tolerance: 1 } as const, { 1: 8, 2: 2 }, 2],
    [{ kind: 'sticky' } as const, { 1: 10 }, 0],
    [{ kind: 'sticky' } as const, { 1: 9, 2: 1 }, 1],
    [{ kind: 'spread', min: 3 } as const, { 1: 9, 2: 1 }, 1],
  ])('totals: %j with %j', (rule, ports, found) => {
    const expected = { statuses: { 200: 10 }, ports: { 1: 6, 2: 4 } };
    expect(tallyDifferences(rule, expected, { statuses: { 200: 10 }, ports })).toHaveLength(found);
    expect(tallyDifferences(rule, expected, { statuses: { 502: 10 }, ports })).toHaveLength(found + 2);
  });
});

describe('messages', () => {
  const take = (text: string, answers?: string, ended = false) =>
    takeMessage(Buffer.from(text, 'latin1'), { ended, ...(answers !== undefined && { answers }) });

  test.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiREST', 'hi', 'REST', false],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\nREST', 'hi', 'REST', false],
    ['HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nREST', '', 'REST', false],
    ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi', 'hi', '', true],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n', 'hi', '', true],
  ])('%j', (text, body, rest, truncated) => {
    const message = take(text, 'GET', true);
    expect(message).toMatchObject({ truncated });
    expect([String(message?.body), String(message?.rest)]).toEqual([body, rest]);
  });

  test.each(['HTTP/1.1 200 OK\r\nContent-Le', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi', 'HTTP/1.1 200 OK\r\n\r\nhi'])(
    '%j is not complete',
    (text) => expect(take(text, 'GET')).toBeNull(),
  );

  test('trailers, bytes without a head, requests without a body', () => {
    expect(take('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: 1\r\n\r\n', 'GET')?.trailers).toEqual(['A: 1']);
    expect(take('bytes', 'GET', true)).toMatchObject({ status: 'raw' });
    expect(take('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toMatchObject({ start: 'GET / HTTP/1.1', status: null });
  });

  test('the framing is only added where it is left open', () => {
    expect(String(formatMessage('POST / HTTP/1.1', [], 'ab', false))).toContain('Content-Length: 2\r\n\r\nab');
    expect(String(formatMessage('POST / HTTP/1.1', [['transfer-encoding', 'chunked']], 'ab', false))).not.toContain('Content-Length');
  });
});

test('macros and what undoes them', () => {
  const values = { nonce: 'n1', port: 80, repetition: 7 };
  expect(expandMacros('{{nonce}} {{port}} {{i}} {{ab*3}} {{x}}', values)).toBe('n1 80 7 ababab {{x}}');
  expect(scrub(`n1 ${'y'.repeat(250)} {"request_id":"${'0'.repeat(32)}"}`, 'n1')).toBe('{{nonce}} {{y*250}} {"request_id":"*"}');
});

test('a request in words gets what it lacks', () => {
  const [bytes] = requestBytes({ method: 'PUT', path: '/{{x*2}}', body: 'b' }, (text) => text.replace('{{x*2}}', 'xx'));
  expect(String(bytes)).toBe('PUT /xx HTTP/1.1\r\nHost: kong.test\r\nContent-Length: 1\r\n\r\nb');
});

test("Kong's refusals in the form of recordings", () => {
  const flattened_errors = [{ entity_type: 'route', entity_name: 'r', errors: [{ field: 'paths.1', messages: ['b', 'a'] }] }];
  expect(configErrors({ flattened_errors, fields: { services: { 0: 'bad' } } }, 'n')).toEqual([
    { entity: 'config', field: 'services.0', message: 'bad' },
    { entity: 'route', name: 'r', field: 'paths.1', message: 'a' },
    { entity: 'route', name: 'r', field: 'paths.1', message: 'b' },
  ]);
  expect(configErrors({ message: 'no' }, 'nonce')).toEqual([{ entity: 'config', field: '@entity', message: 'no' }]);
});
