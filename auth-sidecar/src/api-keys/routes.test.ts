/** The routes in one process, without Redis: what they answer, and what they say when they can't. */
import { createRuntime } from '@gatehouse/plugins';
import { createLogger, createTracing } from '@gatehouse/telemetry';
import { type Answer, type CallOptions, call, roleClaims, signHs256, withTimes } from '@gatehouse/testkit';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createApp } from '../app.js';
import type { Dependencies } from '../dependencies.js';
import { SidecarServer } from '../server.js';
import { telegramRoutes } from '../telegram/routes.js';
import { BOT_TOKEN } from '../telegram/testing/sign.js';
import { jwksRoutes } from '../tokens/routes.js';
import { apiKeyRoutes } from './routes.js';

const SECRET = 'a-secret-of-the-tests-that-is-long-enough';
const configured = { GONGBU_JWT_SECRET: SECRET, GONGBU_API_KEY_PEPPER: 'pepper', GONGBU_TELEGRAM_BOT_TOKEN: BOT_TOKEN };
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function serve(variables: Record<string, string>) {
  const lines: string[] = [];
  const runtime = createRuntime({ log: (level, message) => void lines.push(`${level} ${message}`), environment: variables });
  const deps: Dependencies = {
    ...runtime.effects,
    events: { publish: () => undefined, stored: async () => true },
    tracing: createTracing({ service: 'test', log: createLogger({ service: 'test', level: 'silent' }) }),
    variables,
    fetch,
    sharedMemory: () => null,
  };
  const routers = [telegramRoutes(deps), apiKeyRoutes(deps), jwksRoutes(deps)];
  const server = new SidecarServer(createApp(deps, { routers, metrics: async () => ({ type: '', text: '' }) }), deps);
  const url = `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`;
  ends.push(async () => {
    await server.close(0);
    runtime.close();
  });
  const token = signHs256(withTimes({ ...roleClaims.gongbu['admin'] }, Date.now(), 600), SECRET);
  const ask = (path: string, options: CallOptions = {}): Promise<Answer> =>
    call(`${url}${path}`, { ...options, headers: { authorization: `Bearer ${token}`, ...options.headers } });
  return { ask, lines };
}

describe('in one process', () => {
  test('keys are made, shown, listed, rotated and revoked', async () => {
    const { ask, lines } = await serve(configured);
    const made = (await ask('/auth/api-keys', { json: { name: 'CRM', owner: 'crm', scopes: ['a', 'a', 'b'] } })).json as { id: string };
    expect(made).toMatchObject({ scopes: ['a', 'b'], status: 'active', key: expect.stringContaining(`${made.id}.`) });
    const rotated = await ask(`/auth/api-keys/${made.id}/rotate`, { method: 'POST' });
    expect(rotated).toMatchObject({ status: 200, json: { key: expect.any(String), previousUntil: expect.any(String) } });
    expect((await ask(`/auth/api-keys/${made.id}`, { method: 'DELETE' })).status).toBe(204);
    const listed = await ask('/auth/api-keys');
    expect(listed.json).toEqual({ data: [expect.objectContaining({ id: made.id, status: 'revoked', previousUntil: null })], next: null });
    expect(listed.text).not.toContain('"key"');
    expect(lines).toContain('warn no Redis is named: API keys made here are unknown to the gateways');
  });

  test.each<[number, string, string, CallOptions]>([
    [404, '/auth/api-keys/nobody', '', {}],
    [404, '/auth/api-keys/a%2Fb', '', {}],
    [404, '/auth/api-keys/nobody/rotate', '', { method: 'POST' }],
    [404, '/auth/api-keys/nobody/more/of', '', {}],
    [404, '/AUTH/API-KEYS', '', {}],
    [405, '/auth/api-keys', 'GET, HEAD, POST', { method: 'PUT' }],
    [405, '/auth/api-keys/k', 'GET, HEAD, DELETE', { method: 'POST' }],
    [405, '/auth/api-keys/k/rotate', 'POST', {}],
    [405, '/auth/telegram', 'POST', {}],
    [405, '/auth/telegram/refresh', 'POST', { method: 'DELETE' }],
    [405, '/.well-known/jwks.json', 'GET, HEAD', { method: 'POST' }],
    [400, '/auth/api-keys?limit=x', '', {}],
    [400, '/auth/api-keys?limit=1&limit=2', '', {}],
    [400, '/auth/api-keys', '', { body: '{"name":"a","name":"b"}', headers: { 'content-type': 'application/json' } }],
    [415, '/auth/api-keys', '', { body: 'name=a' }],
    [415, '/auth/api-keys', '', { body: 'x', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }],
    [413, '/auth/api-keys', '', { json: { name: 'x'.repeat(20_000) } }],
  ])('%d: %s %s', async (status, path, allow, options) => {
    const { ask } = await serve(configured);
    const answer = await ask(path, options);
    expect([answer.status, answer.headers['allow'] ?? '']).toEqual([status, allow]);
  });

  test('the key set may be kept for a while, everything else not at all', async () => {
    const { ask } = await serve(configured);
    const set = await ask('/.well-known/jwks.json');
    expect(set.headers).toMatchObject({ 'cache-control': 'public, max-age=300', 'content-type': 'application/jwk-set+json' });
    expect(set.text).not.toContain(SECRET);
    for (const path of ['/auth/api-keys', '/auth/api-keys/x', '/auth/telegram']) {
      expect((await ask(path)).headers['cache-control']).toBe('no-store');
    }
  });

  test('what is not configured is 503, and said at the start', async () => {
    const { ask, lines } = await serve({});
    const paths = ['/auth/api-keys', '/auth/api-keys/x', '/auth/telegram', '/auth/telegram/refresh'];
    for (const path of paths) expect((await ask(path, { json: { refreshToken: 'x' } })).status).toBe(503);
    expect(lines.filter((line) => line.startsWith('warn')).join('\n')).toMatch(/Telegram sign-in is off.*API keys can not be managed/s);
  });
});
