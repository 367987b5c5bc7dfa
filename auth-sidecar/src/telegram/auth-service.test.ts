import { describe, expect, test } from '@jest/globals';
import { AuthService } from './auth-service.js';
import { person } from './session-store.suite.js';
import { telegramSettings } from './settings.js';

interface Asked {
  readonly url: string;
  readonly init: RequestInit;
}

/** An auth service that gives one answer. */
function setup(answer: () => Response | Promise<Response>) {
  const asked: Asked[] = [];
  const fetched = async (url: unknown, init: RequestInit = {}): Promise<Response> => {
    asked.push({ url: String(url), init });
    return answer();
  };
  const tools = { fetch: fetched as typeof fetch, serviceToken: (audience: string) => `token for ${audience}` };
  const service = new AuthService({ url: 'http://auth:3001', timeoutMs: 3000 }, tools);
  return { asked, find: (id = 7) => service.find(id, { requestId: 'r1', traceparent: undefined }) };
}

const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status });
const endless = (): Response => new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(10_000).fill(32)) }));
const away = (code: string) => (): never => {
  throw Object.assign(new TypeError('fetch failed'), { cause: { code } });
};

describe('the auth service', () => {
  test('is asked by whom it can check, follows nobody elsewhere, and what it says is no more than a person', async () => {
    const { find, asked } = setup(() => json({ ...person, isAdmin: true, passwordHash: 'x' }));
    expect(await find()).toEqual(person);
    expect(asked).toEqual([{ url: 'http://auth:3001/internal/telegram/7', init: expect.objectContaining({ redirect: 'error' }) }]);
    expect(asked[0]?.init.headers).toEqual({
      accept: 'application/json',
      'x-service-token': 'token for gongbu-auth',
      'x-request-id': 'r1',
    });
  });

  test('knows somebody or does not', async () => {
    expect(await setup(() => json({ message: 'no' }, 404)).find()).toBeNull();
  });

  test.each<[string, () => Response]>([
    ['an error', () => json({}, 500)],
    ['a refusal', () => json({}, 401)],
    ['no content', () => new Response(null, { status: 204 })],
    ['no JSON', () => new Response('<html>')],
    ['an empty body', () => new Response('')],
    ['a list', () => json([person])],
    ['null', () => json(null)],
    ['somebody else', () => json({ ...person, telegramId: 8 })],
    ['an unknown role', () => json({ ...person, role: 'root' })],
    ['no role', () => json({ ...person, role: undefined })],
    ['an unknown plan', () => json({ ...person, subscriptionPlan: 'all' })],
    ['no permissions', () => json({ ...person, permissions: null })],
    ['permissions without end', () => json({ ...person, permissions: Array(201).fill('p') })],
    ['an empty id', () => json({ ...person, userId: '' })],
    ['two roles', () => new Response(JSON.stringify(person).replace('{', '{"role":"admin",'))],
    ['a person out of a prototype', () => new Response(JSON.stringify({ x: 1 }).replace('"x":1', `"__proto__":${JSON.stringify(person)}`))],
    ['a body without end', endless],
    ['nothing, being down', away('ECONNREFUSED')],
    ['nothing, being slow', away('UND_ERR_HEADERS_TIMEOUT')],
  ])('that says %s is an error, and never a person', async (_what, answer) => {
    await expect(setup(answer).find()).rejects.toMatchObject({ code: 'AUTH_SERVICE', message: expect.not.stringMatching(/auth:3001/) });
  });
});

test('settings are named by their faults, all at once', () => {
  const wrong = { GONGBU_AUTH_SERVICE_URL: 'auth', GONGBU_AUTH_TIMEOUT_MS: '0', GONGBU_REFRESH_GRACE_SECONDS: 'ten' };
  expect(() => telegramSettings(wrong)).toThrow(/GONGBU_AUTH_SERVICE_URL: .*\nGONGBU_AUTH_TIMEOUT_MS: .*\nGONGBU_REFRESH_GRACE_SECONDS: /);
  const { authService, times } = telegramSettings({ AUTH_SERVICE_URL: 'http://auth:3001/' });
  expect(authService).toEqual({ url: 'http://auth:3001', timeoutMs: 3000 });
  expect(times).toEqual({ accessMs: 3_600_000, refreshMs: 2_592_000_000, sessionMs: 7_776_000_000, graceMs: 10_000 });
});
