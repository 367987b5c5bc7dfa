import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Step } from './support/cases.js';
import { type Answer, send } from './support/client.js';
import { renderFor } from './support/contract.js';
import { type Plane, startPlane } from './support/plane.js';
import { World } from './support/world.js';

const startTimeoutMs = 60_000;

interface Served {
  world: World;
  plane: Plane;
}

type Serve = (world: World) => { environment: Record<string, string>; alone: boolean };

/** Serves a system for the tests of a block. */
function serving(system: 'healthpay' | 'freelance', how: Serve): Served {
  const served = {} as Served;
  beforeAll(async () => {
    served.world = await World.start(system);
    const { environment, alone } = how(served.world);
    served.plane = await startPlane(alone ? renderFor(environment, [system]) : renderFor(environment), {});
  }, startTimeoutMs);
  afterAll(async () => {
    await served.plane?.stop();
    await served.world?.stop();
  }, startTimeoutMs);
  return served;
}

const roleOf: Readonly<Record<string, string>> = { healthpay: 'user', freelance: 'client' };

function get({ plane, world }: Served, host: string, path: string): Promise<Answer> {
  const token = world.token({ role: roleOf[world.system] ?? '', claims: {}, ttl: 600, forged: false });
  return send(plane.url, host, { method: 'GET', path } as Step['request'], { bearer: token });
}

/** The variables of a system without its name in front. */
function bare(system: string, environment: Readonly<Record<string, string>>): Record<string, string> {
  const prefix = `${system.toUpperCase()}_`;
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name.replace(prefix, ''), value]));
}

describe('healthpay, served alone', () => {
  const served = serving('healthpay', (world) => ({ environment: bare('healthpay', world.environment), alone: true }));

  test.each(['healthpay.localhost', 'anything.example', '127.0.0.1:4000'])(
    'answers on the host %s, with bare variable names',
    async (host) => {
      expect((await get(served, host, '/v2/wallets')).status).toBe(200);
    },
  );

  test('answers unknown paths in its own form, whatever the host', async () => {
    const answer = await get(served, 'anything.example', '/courses');
    expect([answer.status, JSON.parse(answer.body)]).toEqual([404, { error: { code: 'NOT_FOUND', message: 'Not found' } }]);
  });
});

describe('freelance, served alone with a list of hosts', () => {
  const served = serving('freelance', (world) => ({
    environment: { ...world.environment, ALLOWED_HOSTS: 'shop.example,www.shop.example' },
    alone: true,
  }));

  test.each([
    ['shop.example', 200],
    ['www.shop.example', 200],
    ['freelance.localhost', 404],
  ])('%s: %i', async (host, status) => {
    expect((await get(served, host, '/api/gigs/')).status).toBe(status);
  });
});

describe('freelance in production: https only', () => {
  const served = serving('freelance', (world) => ({ environment: { ...world.environment, FREELANCE_PROTOCOLS: 'https' }, alone: false }));

  test.each(['/api/gigs/?page=2', '/api/health/', '/nothing'])('a plain request of %s is sent to https', async (path) => {
    const answer = await get(served, 'freelance.localhost', path);
    expect([answer.status, answer.headers['location']]).toEqual([308, `https://freelance.localhost${path}`]);
    expect(served.world.received()).toEqual([]);
  });

  test('the other systems still answer', async () => {
    expect((await get(served, 'gongbu.localhost', '/nothing')).status).toBe(404);
  });
});
