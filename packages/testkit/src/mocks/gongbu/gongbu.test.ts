import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { call } from '../../call.js';
import { ephemeralPorts, type Mocks, startMocks } from '../../start-mocks.js';

let mocks: Mocks;
let now = Date.parse('2026-04-01T00:00:00Z');
const url = (service: string, path: string): string => `${mocks.urls(`gongbu.${service}`)[0]}${path}`;

beforeAll(async () => {
  mocks = await startMocks({ systems: ['gongbu'], ports: ephemeralPorts, now: () => now });
});
afterAll(() => mocks.close());

describe('gongbu', () => {
  test('a course created is listed, changed, and gone when deleted', async () => {
    const made = await call(url('course', '/courses'), { json: { title: 'Watercolour', price: 19, secret: 'dropped' } });
    expect(made).toMatchObject({ status: 201, json: { title: 'Watercolour', level: 'beginner', createdAt: '2026-04-01T00:00:00.000Z' } });
    expect(made.json).not.toHaveProperty('secret');
    const { id } = made.json as { id: string };
    expect((await call(url('course', '/courses?page=1'))).text).toContain('Watercolour');
    const changed = await call(url('course', `/courses/${id}`), { method: 'PUT', json: { price: 25 } });
    expect(changed.json).toMatchObject({ title: 'Watercolour', price: 25 });
    expect((await call(url('course', `/courses/${id}`), { method: 'DELETE' })).status).toBe(204);
    expect(await call(url('course', `/courses/${id}`))).toMatchObject({ status: 404, json: { message: 'Course not found' } });
  });

  test('a change keeps what it does not name', async () => {
    const before = (await call(url('course', '/courses/crs_1004'))).json as object;
    const after = await call(url('course', '/courses/crs_1004'), { method: 'PUT', json: { price: 1 } });
    expect(after.json).toEqual({ ...before, price: 1, updatedAt: '2026-04-01T00:00:00.000Z' });
  });

  test('a bad course is refused with the reason of each field', async () => {
    const refused = await call(url('course', '/courses'), { json: { price: -1 } });
    expect(refused.status).toBe(400);
    expect((refused.json as { message: string[] }).message.map((line) => line.split(':')[0])).toEqual(['title', 'price']);
  });

  test('sign-in gives the claims of the page, and a refresh token works once', async () => {
    const signedIn = await call(url('auth', '/auth/login'), { json: { email: 'creator@gongbu.app', password: 'password' } });
    const { accessToken, refreshToken } = signedIn.json as { accessToken: string; refreshToken: string };
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ userId: 'usr_1002', role: 'creator', subscriptionPlan: 'professional', exp: now / 1000 + 3600 });
    const me = await call(url('auth', '/users/me'), { headers: { authorization: `Bearer ${accessToken}` } });
    expect(me.json).toMatchObject({ email: 'creator@gongbu.app' });
    expect((await call(url('auth', '/auth/refresh'), { json: { refreshToken } })).status).toBe(200);
    expect((await call(url('auth', '/auth/refresh'), { json: { refreshToken } })).status).toBe(401);
  });

  test('who registers signs in with the new password only', async () => {
    const json = { email: 'new@gongbu.app', password: 'chosen' };
    expect((await call(url('auth', '/auth/register'), { json })).status).toBe(201);
    expect((await call(url('auth', '/auth/register'), { json })).status).toBe(409);
    expect((await call(url('auth', '/auth/login'), { json })).status).toBe(200);
    expect((await call(url('auth', '/auth/login'), { json: { ...json, password: 'password' } })).status).toBe(401);
  });

  test('the sidecar finds a Telegram user', async () => {
    expect((await call(url('auth', '/internal/telegram/700001003'))).json).toMatchObject({ role: 'admin', userId: 'usr_1003' });
    expect((await call(url('auth', '/internal/telegram/1'))).status).toBe(404);
  });

  test('a payment succeeds after three seconds', async () => {
    const { id } = (await call(url('payment', '/payments'), { json: { amount: 29 } })).json as { id: string };
    expect((await call(url('payment', `/payments/${id}`))).json).toMatchObject({ status: 'pending' });
    now += 3000;
    expect((await call(url('payment', `/payments/${id}`))).json).toMatchObject({ status: 'succeeded' });
  });

  test('bots, plugins, notifications and analytics answer', async () => {
    expect((await call(url('bot', '/bots/bot_1002/start'), { method: 'POST' })).json).toMatchObject({ status: 'running' });
    expect((await call(url('plugin', '/plugins/plg_1001/install'), { method: 'POST' })).status).toBe(201);
    const sent = await call(url('notification', '/notifications'), { json: { userId: 'usr_1001', title: 'Hello' } });
    expect(sent).toMatchObject({ status: 202, json: { status: 'queued', channel: 'telegram' } });
    expect((await call(url('analytics', '/analytics/revenue?from=2026-02'))).json).toMatchObject({ data: [{}, {}] });
  });
});
