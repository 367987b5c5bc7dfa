import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Step } from './support/cases.js';
import { type Answer, send } from './support/client.js';
import { renderFor } from './support/contract.js';
import { type Plane, startPlane } from './support/plane.js';
import { World } from './support/world.js';

const path = '/api/content/courses';
const startTimeoutMs = 60_000;
const recoveryMs = 10_000;

/** Several targets of one service: what a case file can't say, because the ports are only known at run time. */
describe('a service with several targets', () => {
  let world: World;
  let plane: Plane;

  beforeAll(async () => {
    world = await World.start('learning');
    const environment = { ...world.environment, LEARNING_HEALTH_INTERVAL_S: '0.2', LEARNING_SERVICE_TIMEOUT_MS: '1200' };
    plane = await startPlane(renderFor(environment), {});
  }, startTimeoutMs);
  afterEach(() => world.prepare({}));
  afterAll(async () => {
    await plane?.stop();
    await world?.stop();
  }, startTimeoutMs);

  const get = (): Promise<Answer> => {
    const token = world.token({ role: 'student', claims: {}, ttl: 600, forged: false });
    return send(plane.url, 'learning.localhost', { method: 'GET', path } as Step['request'], { bearer: token });
  };
  const ports = () => (world.environment['LEARNING_CONTENT_SERVICE_URL'] ?? '').split(',').map((url) => Number(new URL(url).port));

  /** How many of ten requests each target got, with these faults; none of the ten may fail. */
  async function ask(faults: Record<string, unknown>): Promise<number[]> {
    await world.prepare(faults);
    for (let i = 0; i < 10; i++) expect((await get()).status).toBe(200);
    const received = world.received();
    return ports().map((port) => received.filter((request) => request.port === port).length);
  }

  /** Asks until the targets' shares are as wanted. */
  async function until(faults: Record<string, unknown>, wanted: (shares: number[]) => boolean): Promise<void> {
    const end = Date.now() + recoveryMs;
    let shares = await ask(faults);
    while (!wanted(shares) && Date.now() < end) shares = await ask(faults);
    expect([shares, wanted(shares)]).toEqual([shares, true]);
  }

  test('shares the load', async () => {
    await until({}, ([a, b]) => a === 5 && b === 5);
  });

  test('goes on with one target, without a failed request, and takes the other one back', async () => {
    const down = { content: { down: true, port: ports()[1] } };
    await until(down, ([a, b]) => a === 10 && b === 0);
    await until({}, ([, b = 0]) => b >= 4);
  });
});
