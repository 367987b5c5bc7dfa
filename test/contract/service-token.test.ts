import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import type { Step } from './support/cases.js';
import { type Answer, send } from './support/client.js';
import { renderFor } from './support/contract.js';
import { type Plane, startPlane } from './support/plane.js';
import { World } from './support/world.js';

const startTimeoutMs = 60_000;

/** What a case file can't do: check a token as a service would. */
describe('the token that services get', () => {
  let world: World;
  let plane: Plane;

  beforeAll(async () => {
    world = await World.start('learning');
    plane = await startPlane(renderFor({ ...world.environment, LEARNING_GATEWAY_ISSUER: 'gateway-7' }), {});
  }, startTimeoutMs);
  afterAll(async () => {
    await plane?.stop();
    await world?.stop();
  }, startTimeoutMs);

  const get = (path: string, bearer?: string): Promise<Answer> =>
    send(plane.url, 'learning.localhost', { method: 'GET', path } as Step['request'], { bearer });

  /** The token that a service got with a request of a student. */
  async function tokenFor(path: string): Promise<string> {
    await world.prepare({});
    expect((await get(path, world.token({ role: 'student', claims: {}, ttl: 600, forged: false }))).status).toBe(200);
    return String(world.received()[0]?.headers['x-service-token']);
  }

  test('can be checked by the keys that the gateway shows, and is for that service alone', async () => {
    const keys = createLocalJWKSet(JSON.parse((await get('/.well-known/jwks.json')).body) as JSONWebKeySet);
    const token = await tokenFor('/api/content/courses');
    const { payload, protectedHeader } = await jwtVerify(token, keys, { audience: 'learning-content', issuer: 'gateway-7' });
    expect(protectedHeader).toMatchObject({ alg: 'EdDSA', typ: 'JWT' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    await expect(jwtVerify(token, keys, { audience: 'learning-auth' })).rejects.toMatchObject({ code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
    const other = await tokenFor('/api/assignments');
    expect((await jwtVerify(other, keys, { audience: 'learning-assignment' })).payload.jti).not.toBe(payload.jti);
  });
});
