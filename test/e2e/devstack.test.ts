import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { call } from '@gatehouse/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, redisProgram } from '../support/redis.js';
import { RunningStack } from './support/stack.js';

const testTimeoutMs = 60_000;

let stack: RunningStack;

/** A creator's request, with the token that the table shows. */
const courses = () => {
  const token = /gongbu +creator +(\S+)/.exec(stack.log)?.[1];
  return call(`${stack.proxy}/courses`, { headers: { host: 'gongbu.localhost', authorization: `Bearer ${token}` } });
};

beforeAll(async () => {
  stack = await RunningStack.start({ GATEHOUSE_REDIS_SERVER: redisProgram() });
}, testTimeoutMs);
afterAll(async () => {
  await stack?.stop();
});

test('shows addresses, users and tokens, without colours', async () => {
  await stack.logged(/bin\/gatehouse token gongbu creator/);
  const { log, environment } = stack;
  expect(log).not.toContain('routes are open');
  expect(log).toMatch(/redis +redis:\/\/127\.0\.0\.1:\d+ /);
  expect(log).not.toContain('No Redis');
  expect(log).toContain(`http://gongbu.localhost:${environment['PROXY_PORT']}/courses`);
  expect(log).toContain(`demo page   https://interview.localhost:${environment['PROXY_TLS_PORT']}/auth/demo`);
  expect(log).toMatch(/recruiter +david\.stone +password/);
  expect(log.match(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g)).toHaveLength(5);
  expect(log.includes('\u001b[')).toBe(false);
});

test(
  'serves the demo of all five systems, and shows the events that it caused',
  async () => {
    const { code, output } = await stack.run('demo');
    expect(output).toMatch(/\d\d steps passed, 0 failed/);
    expect(output).toMatch(/user\.authenticated oauth2[\s\S]*user\.authenticated jwt_refresh[\s\S]*user\.logged_out +user_action/);
    // What gateway and sidecar share in Redis.
    expect(output).toMatch(/✓ POST \/notifications +202 .* an integration sends with it[\s\S]*✓ GET \/users\/me +401 .* on any node/);
    expect(code).toBe(0);
  },
  testTimeoutMs,
);

test('nobody passes without a token', async () => {
  expect((await call(`${stack.proxy}/courses`, { headers: { host: 'gongbu.localhost' } })).status).toBe(401);
});

test("a development token is good beside the provider's own", async () => {
  const { output } = await stack.run('token', 'interview', 'recruiter');
  const [token] = /^eyJ\S+/m.exec(output) ?? [];
  const me = await call(`${stack.proxy}/users/me`, { headers: { host: 'interview.localhost', authorization: `Bearer ${token}` } });
  expect(me).toMatchObject({ status: 200, json: { email: 'david.stone@interview.example' } });
});

test.each(['gateway', 'sidecar', 'identity'])(
  'starts a crashed %s again',
  async (part) => {
    process.kill(stack.pidOf(part), 'SIGKILL');
    await stack.logged(new RegExp(`${part} +│ ended by SIGKILL: starting it again in 250 ms[\\s\\S]*${part} +│ .*"ready"`));
    expect((await courses()).status).toBe(200);
    const { status } = await call(`${stack.proxy}/auth/login`, { headers: { host: 'interview.localhost' }, json: {} });
    expect(status).toBe(200);
  },
  testTimeoutMs,
);

test(
  'starts a crashed Redis again, on the same port',
  async () => {
    process.kill(stack.pidOf('redis'), 'SIGKILL');
    await stack.logged(/redis +│ ended by SIGKILL: starting it again in 250 ms/);
    await eventually('Redis is back', async () => (await call(`${stack.environment['AUTH_SIDECAR_URL']}/health`)).status === 200, 30_000);
    expect((await courses()).status).toBe(200);
  },
  testTimeoutMs,
);

test(
  'ends without leaving anything on a port, and lets the request in flight finish',
  async () => {
    const { environment } = stack;
    const course = `http://127.0.0.1:${environment['MOCK_GONGBU_COURSE_PORT']}`;
    await call(`${course}/__mock/faults`, { method: 'PUT', json: { path: '/courses', delayMs: 1000, times: 1 } });
    const slow = courses();
    while (((await call(`${course}/__mock/faults`)).json as { faults: unknown[] }).faults.length > 0) await wait(20);
    stack.process.kill('SIGTERM');
    expect((await slow).status).toBe(200);
    const [code] = stack.process.exitCode === null ? ((await once(stack.process, 'exit')) as [number]) : [stack.process.exitCode];
    expect(code).toBe(0);
    await expect(courses()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const redis = `http://127.0.0.1:${/redis:\/\/127\.0\.0\.1:(\d+)/.exec(stack.log)?.[1]}`;
    for (const address of [course, redis, environment['AUTH_SIDECAR_URL'], environment['INTERVIEW_KEYCLOAK_ISSUER_URL']]) {
      await expect(call(`${address}/health`)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
  },
  testTimeoutMs,
);
