/** What holds for every path: forms of errors, limits, headers, health, metrics, the end of the process. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import type { RunningProvider } from '../provider/index.js';
import { SidecarServer } from '../server.js';
import { SidecarWorld, provider as startTestProvider } from '../testing/world.js';

let provider: RunningProvider;
let world: SidecarWorld;
beforeAll(async () => {
  provider = await startTestProvider();
  world = await SidecarWorld.start(provider);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await provider.close();
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('an error', () => {
  test('has the form of the system, the trace of the gateway, and no more', async () => {
    const answer = await world.ask('/auth/nothing?code=secret', { headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` } });
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.json).toEqual({
      statusCode: 404,
      message: 'Not found',
      error: 'Not Found',
      timestamp: expect.stringMatching(/^20\d\d-.*Z$/),
      path: '/auth/nothing',
      traceId: TRACE,
    });
  });

  test.each([
    ['GET', '/auth/login', 'POST'],
    ['POST', '/auth/callback', 'GET, HEAD'],
    ['PUT', '/auth/refresh', 'POST'],
    ['GET', '/auth/logout', 'POST'],
    ['GET', '/auth/backchannel-logout', 'POST'],
    ['POST', '/auth/sessions', 'GET, HEAD, DELETE'],
    ['GET', '/auth/sessions/x', 'DELETE'],
  ])('of a method that a path does not have is 405: %s %s', async (method, path, allow) => {
    const answer = await world.ask(path, { method });
    expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
  });

  test.each(['/auth/Login', '/AUTH/refresh', '/auth//login', '/auth/login/x', '/auth/login%2f'])('%s is no path', async (path) => {
    expect((await world.ask(path, { method: 'POST' })).status).toBe(404);
  });

  test('a slash at the end changes nothing', async () => {
    expect((await world.ask('/auth/login/', { method: 'POST' })).status).toBe(200);
  });

  test('that nobody foresaw is 500 without a word of why; the log has it', async () => {
    const { client } = world.sidecar.oidc;
    const { authorizationUrl } = client;
    client.authorizationUrl = () => Promise.reject(new Error('the inner works at 10.0.0.1'));
    const answer = await world.ask('/auth/login', { method: 'POST' });
    client.authorizationUrl = authorizationUrl;
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/inner|10\.0|at /);
    expect(world.lines.find(({ message }) => message === 'a request failed')?.fields).toMatchObject({ why: 'the inner works at 10.0.0.1' });
  });
});

test('answers are kept by nobody, and name no software', async () => {
  const { headers } = await world.ask('/auth/login', { method: 'POST' });
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
  expect(headers['x-powered-by']).toBeUndefined();
  expect(headers.server).toBeUndefined();
});

test('no line of the log has a code, a state or a token', async () => {
  const tokens = await world.signInApp();
  await world.ask(`/auth/callback?code=the-code&state=the-state`);
  await world.refresh(tokens.refreshToken);
  const text = JSON.stringify(world.lines);
  for (const secret of ['the-code', 'the-state', tokens.refreshToken, tokens.accessToken.slice(0, 40)]) expect(text).not.toContain(secret);
  expect(text).toContain('HTTP: POST /auth/refresh 200');
});

test('/status is for containers, /health for people', async () => {
  expect((await world.ask('/status')).json).toEqual({ status: 'ok' });
  const well = await world.ask('/health');
  expect([well.status, well.json]).toMatchObject([200, { status: 'ok', services: { keycloak: 'healthy' } }]);
  provider.behaviour.fault = 503;
  await using cold = await SidecarWorld.start(provider);
  const ill = await cold.ask('/health');
  provider.behaviour.fault = undefined;
  expect([ill.status, ill.json]).toMatchObject([503, { status: 'error', services: { keycloak: 'unhealthy' } }]);
  expect((await cold.ask('/status')).status).toBe(200);
});

test('/metrics counts sign-ins, refreshes and requests by route', async () => {
  await world.signInApp();
  const { text, headers } = await world.ask('/metrics');
  expect(headers['content-type']).toContain('text/plain');
  expect(text).toMatch(/auth_sign_ins_total\{result="good"\} [1-9]/);
  expect(text).toMatch(/auth_http_request_duration_seconds_count\{method="GET",route="\/auth\/callback",status="200"\} [1-9]/);
  expect(text).not.toContain('/auth/nothing');
});

describe('the end', () => {
  const timers = {
    after: (ms: number, run: () => void) => setTimeout(run, ms).unref(),
    cancel: (handle: object) => clearTimeout(handle as NodeJS.Timeout),
  };

  test('waits for what runs, and closes at last what never ends', async () => {
    const app = express();
    let finish = (): void => undefined;
    let started = 0;
    app.get('/slow', (_request, response) => {
      started++;
      finish = () => void response.end('done');
    });
    const server = new SidecarServer(app, timers);
    const port = await server.listen(0, '127.0.0.1');
    const ask = () => fetch(`http://127.0.0.1:${port}/slow`);
    const running = ask();
    while (started < 1) await new Promise((resolve) => setImmediate(resolve));
    const closed = server.close(20_000);
    expect(server.draining).toBe(true);
    finish();
    expect(await (await running).text()).toBe('done');
    await closed;
    await expect(ask()).rejects.toThrow();

    const stuck = new SidecarServer(app, timers);
    const other = await stuck.listen(0, '127.0.0.1');
    const hanging = fetch(`http://127.0.0.1:${other}/slow`).catch(() => 'cut');
    while (started < 2) await new Promise((resolve) => setImmediate(resolve));
    await stuck.close(10);
    expect(await hanging).toBe('cut');
  });
});
