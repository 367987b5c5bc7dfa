import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CannedFileError, CannedReplies, fillIn } from './canned.js';
import type { Exchange } from './exchange.js';

let directory = '';
let now = 0;
let warnings: string[] = [];

const file = (name: string, content: unknown): void =>
  writeFileSync(path.join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
const canned = (): CannedReplies =>
  new CannedReplies(
    directory,
    () => now,
    (line) => warnings.push(line),
  );
const exchange = (method: string, url: string): Exchange =>
  ({ method, path: url, params: {}, query: new URLSearchParams(), body: Buffer.alloc(0) }) as unknown as Exchange;
const balance = { method: 'GET', path: '/balance/:id', replies: { ok: { status: 200, body: { id: '{{params.id}}', sum: '{{sum}}' } } } };

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'canned-'));
  now = 0;
  warnings = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('canned replies', () => {
  test('are filled from the data of the operation', () => {
    file('balance.json', balance);
    const reply = canned().reply('GET /balance/:id', exchange('GET', '/v2/balance/7'), 'ok', { sum: 12.5 });
    expect(reply).toEqual({ status: 200, headers: {}, json: { id: null, sum: 12.5 } });
  });

  test('are read again after an edit, and a new file is found', () => {
    file('balance.json', balance);
    const replies = canned();
    file('balance.json', { ...balance, replies: { ok: { status: 418, body: 'edited by {{version}}' } } });
    file('extra.json', { method: 'GET', path: '/extra/:id', replies: { ok: { status: 200, body: { was: '{{params.id}}' } } } });
    expect(replies.reply('GET /balance/:id', exchange('GET', '/v1/balance/7'), 'ok', {})).toMatchObject({
      status: 418,
      bytes: 'edited by v1',
    });
    expect(replies.fallback(exchange('GET', '/v2/extra/7'), '/extra/7')).toMatchObject({ json: { was: '7' } });
    expect(replies.fallback(exchange('GET', '/v2/other'), '/other')).toBeUndefined();
  });

  test('a wrong edit is told once and the reply before it stays', () => {
    file('balance.json', balance);
    const replies = canned();
    file('balance.json', '{ "method": "GET"');
    for (const at of [1000, 2000, 3000]) {
      now = at;
      expect(replies.reply('GET /balance/:id', exchange('GET', '/'), 'ok', { sum: 1 }).status).toBe(200);
    }
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('balance.json');
  });

  test('at the start every fault is named with its file and field', () => {
    file('a.json', { ...balance, method: 'FETCH' });
    file('b.json', { ...balance, replies: { ok: { status: 9 } } });
    expect(canned).toThrow(CannedFileError);
    expect(canned).toThrow(/a\.json: method: .*\n.*b\.json: replies\.ok\.status: /s);
  });

  test('an outcome can be forced, and one without a reply is 501 rather than success', () => {
    file('balance.json', { ...balance, always: 'down', replies: { down: { status: 503 } } });
    expect(canned().reply('GET /balance/:id', exchange('GET', '/'), 'ok', {})).toEqual({ status: 503, headers: {} });
    file('balance.json', balance);
    expect(() => canned().reply('GET /balance/:id', exchange('GET', '/'), 'denied', {})).toThrow('No canned reply');
  });

  test('placeholders keep types when alone, become text within text, and reach no prototype', () => {
    const scope = { a: { b: [1, 2] }, n: 5 };
    expect(fillIn({ x: '{{a.b}}', y: 'n={{ n }};', z: ['{{n}}', '{{gone}}', '{{a.constructor}}'] }, scope)).toEqual({
      x: [1, 2],
      y: 'n=5;',
      z: [5, null, null],
    });
  });
});
