import { ephemeralPorts, type Mocks, startMocks } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { painter } from '../paint.js';
import { runDemo, walks } from './index.js';
import { difference, headerDifference, memberAt } from './match.js';
import type { DemoWorld } from './run.js';
import { recall, type Walk } from './step.js';

let mocks: Mocks;
let world: DemoWorld;
const paused: number[] = [];

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

  test('has a walk for every system', () => {
    expect(walks.map(({ system }) => system)).toEqual(['gongbu', 'interview', 'learning', 'healthpay', 'freelance']);
    expect(walks.every(({ steps }) => steps.length >= 8)).toBe(true);
  });
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
