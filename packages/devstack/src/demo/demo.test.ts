import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ephemeralPorts, type Mocks, startMocks } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { painter } from '../paint.js';
import { type OutboxEvent, readOutbox, tellsOf } from './events.js';
import { runDemo, walks } from './index.js';
import { difference, headerDifference, memberAt } from './match.js';
import type { DemoWorld } from './run.js';
import { recall, type Walk } from './step.js';

let mocks: Mocks;
let world: DemoWorld;
const paused: number[] = [];
const events: OutboxEvent[] = [];

// One mock plays the gateway too: it takes any Host.
beforeAll(async () => {
  mocks = await startMocks({ systems: ['gongbu'], ports: ephemeralPorts });
  const [gateway = ''] = mocks.urls('gongbu.course');
  world = {
    gateway,
    alone: gateway,
    hostOf: (system) => `${system}.localhost`,
    mock: (service) => mocks.urls(service)[0] ?? '',
    token: (system, role) => `${system}.${role}.token`,
    gatewayTls: gateway,
    has: (feature) => feature === 'sidecar',
    known: () => ({ greeting: 'hello' }),
    events: () => events,
    pause: async (ms) => {
      paused.push(ms);
    },
    now: () => 0,
  };
});
afterAll(() => mocks.close());

const walkOf = (...steps: Walk['steps']): Walk => ({ system: 'gongbu', title: 'a walk', steps });

async function run(path: Walk): Promise<{ failed: number; lines: string[] }> {
  const lines: string[] = [];
  const failed = await runDemo(world, painter(false), (line) => lines.push(line), [path]);
  return { failed, lines };
}

describe('the demo', () => {
  test('carries what one step kept into the next, and ticks', async () => {
    const { failed, lines } = await run(
      walkOf(
        { shows: 'made', request: 'POST /courses', as: 'creator', json: { title: 'T {nonce}' }, status: 201, keep: { id: 'id' } },
        {
          shows: 'found',
          request: 'GET /courses/{id}',
          status: 200,
          has: { title: /^T [0-9a-f]{8}$/ },
          reaches: { service: 'gongbu.course' },
        },
        { shows: 'later', request: 'DELETE /courses/{id}', pauseMs: 70, status: 204 },
      ),
    );
    expect(failed).toBe(0);
    expect(lines[1]).toMatch(/✓ POST \/courses +201 .* made {2}→ gongbu\.course:\d+/);
    expect(lines.at(-1)).toBe('\n3 steps passed, 0 failed');
    expect(paused).toEqual([70]);
    const [made] = mocks.requests('gongbu.course');
    expect(made?.headers).toMatchObject({ host: 'gongbu.localhost', authorization: 'Bearer gongbu.creator.token' });
  });

  test('goes on after a failure, says what was wrong, and counts it', async () => {
    const { failed, lines } = await run(
      walkOf(
        { shows: 'status', request: 'GET /courses', status: 404 },
        { shows: 'body', request: 'GET /courses', status: 200, has: { meta: { total: 'x' } } },
        { shows: 'header', request: 'GET /courses', status: 200, answers: { 'content-type': null } },
        { shows: 'reach', request: 'GET /courses', status: 200, reaches: null },
        { shows: 'memory', request: 'GET /courses/{nobody}', status: 200 },
        { shows: 'kept', request: 'GET /courses', status: 200, keep: { id: 'no.such' } },
        { shows: 'fine', request: 'GET /courses', status: 200 },
      ),
    );
    expect(failed).toBe(6);
    const text = lines.join('\n');
    for (const reason of ['status is 200, not 404', 'body.meta.total is 4', 'header content-type is', 'it reached gongbu.course']) {
      expect(text).toContain(reason);
    }
    expect(text).toContain('no earlier step kept "nobody"');
    expect(text).toContain('the answer has no no.such');
    expect(text).toContain('1 steps passed, 6 failed');
  });

  test('opens a WebSocket', async () => {
    const { failed } = await run(walkOf({ shows: 'echo', request: 'GET /ws', message: 'hello', status: 101, has: 'hello' }));
    expect(failed).toBe(0);
  });

  test('goes on in a browser: cookies, redirects that leave, forms; and leaves out what the stack does not have', async () => {
    const { failed, lines } = await run(
      walkOf(
        { shows: 'page', request: 'GET /courses', browser: true, status: 200, keepHeader: { type: 'content-type' }, needs: 'sidecar' },
        { shows: 'no form', request: 'POST (the form)', fill: { name: '{greeting}' }, status: 200 },
        { shows: 'not here', request: 'GET /nothing', status: 200, needs: 'identity' },
        { shows: 'no such header', request: 'GET /courses', browser: true, status: 200, keepHeader: { no: 'x-such' } },
      ),
    );
    expect(failed).toBe(2);
    const text = lines.join('\n');
    expect(text).toContain('no form at');
    expect(text).toContain('the answer has no header x-such');
    expect(text).not.toContain('not here');
  });

  test('knows which events a walk caused, and shows them', async () => {
    const event = (eventType: string): OutboxEvent => ({
      ...{ eventType, userId: 'usr_1', timestamp: '2026-01-02T03:04:05.678Z' },
      data: { authMethod: 'oauth2', email: 'mina@interview.example', sessionId: 's-1' },
    });
    events.push(event('before'));
    const told = (...types: string[]): Walk['steps'][number] => ({
      ...{ shows: 'told', request: 'auth-events', status: 0 },
      events: types.map((eventType) => ({ eventType })),
    });
    expect((await run(walkOf(told()))).failed).toBe(0);
    const late = run(walkOf({ shows: 'asks', request: 'GET /courses', status: 200 }, told('a'), told('b')));
    events.push(event('a'));
    const { failed, lines } = await late;
    expect(failed).toBe(1);
    const text = lines.join('\n');
    expect(text).toContain('body.eventType is "a", not "b"');
    expect(text).toMatch(/● 03:04:05\.678 a +oauth2 +mina@interview\.example +session s-1…/);
    expect(text).not.toContain('before');
  });

  test('reads the outbox as the sidecar writes it', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'outbox-'));
    expect(readOutbox(path.join(folder, 'none'))).toEqual([]);
    const value = { eventType: 'user.logged_out', userId: 'u', timestamp: 't', data: { logoutReason: 'user_action' } };
    const line = (seq: number): string =>
      `0badcafe ${seq} ${JSON.stringify({ topic: 'auth-events', value: { ...value, userId: `u${seq}` } })}\n`;
    writeFileSync(path.join(folder, '0000000000000010.log'), `${line(10)}0badcafe 11 {"topic":`);
    writeFileSync(path.join(folder, '0000000000000001.log'), line(1));
    writeFileSync(path.join(folder, 'acked'), 'x');
    expect(readOutbox(folder).map(({ userId }) => userId)).toEqual(['u1', 'u10']);
    expect(tellsOf(value)).toMatch(/^user\.logged_out +user_action +u$/);
    rmSync(folder, { recursive: true });
  });

  test('has a walk for every system', () => {
    expect(walks.map(({ system }) => system)).toEqual(['gongbu', 'interview', 'learning', 'healthpay', 'freelance']);
    expect(walks.every(({ steps }) => steps.length >= 8)).toBe(true);
  });
});

test('steps that need what is not there are left out, and said to be', async () => {
  const { failed, lines } = await run(walkOf({ shows: 'shared', request: 'GET /courses', status: 500, needs: 'redis' }));
  expect(failed).toBe(0);
  expect(lines.slice(-2)).toEqual([
    expect.stringMatching(/^Steps left out: 1 for want of a Redis .*REDIS_URL/),
    '\n0 steps passed, 0 failed',
  ]);
});

describe('matching', () => {
  test('compares member by member and names the place', () => {
    expect(difference({ a: [{ b: 1 }] }, { a: [{ b: 1, c: 2 }, 5], d: 0 })).toBeUndefined();
    expect(difference({ a: [{ b: 1 }] }, { a: [{ b: 2 }] })).toBe('body.a.0.b is 2, not 1');
    expect(difference({ a: {} }, { a: 'text' })).toBe('body.a is "text"');
    expect(difference({ constructor: {} }, {})).toBe('body.constructor is missing');
    expect(headerDifference({ allow: /GET/, gone: null }, { allow: 'POST' })).toBe('header allow is "POST", not like /GET/');
    expect(headerDifference({ gone: null }, {})).toBeUndefined();
  });

  test('finds members and fills texts', () => {
    expect(memberAt({ a: [{ b: 5 }] }, 'a.0.b')).toBe(5);
    expect(memberAt({ a: 1 }, 'a.b')).toBeUndefined();
    expect(recall({ a: ['{x}/{x}', 3, null] }, new Map([['x', 'v']]))).toEqual({ a: ['v/v', 3, null] });
  });
});
