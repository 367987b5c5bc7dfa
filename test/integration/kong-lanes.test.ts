/** The real plugin server and the real Lua, with no Kong: what both lanes do with a request. */
import { generateKeyPairSync } from 'node:crypto';
import { signHs256, withTimes } from '@gatehouse/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { forms } from '../support/kong-plane/form.js';
import { pdkCalls } from '../support/kong-plane/lua-plugin.js';
import { type Policy, Site } from '../support/kong-plane/site.js';

const sanitize: Policy = { name: 'sanitize', config: {} };
const allow = (who: string): Policy => ({ name: 'permissions', config: { rules: [{ allow: [{ [who]: true }] }] } });
const window = { name: 'w', limit: 1000, seconds: 60, by: ['ip'] };
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const environment = {
  SECRET: 'x'.repeat(32),
  API_KEY_PEPPER: 'pepper',
  TOKEN_KEY: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
};
/** Every policy that lets some requests pass: `signature` and `service-health` would have the route for themselves. */
const all: readonly Policy[] = [
  sanitize,
  { name: 'ip-rate-limit', config: { windows: [{ ...window, name: 'ip' }] } },
  { name: 'api-key', config: {} },
  { name: 'jwt-auth', config: { algorithms: ['HS256'], keys: [{ secret: 'env:SECRET' }] } },
  allow('authenticated'),
  { name: 'redis-rate-limit', config: { windows: [window] } },
  { name: 'circuit-breaker', config: {} },
  { name: 'idempotency', config: {} },
  { name: 'service-token', config: { key: 'env:TOKEN_KEY', issuer: 'gateway' } },
  { name: 'api-version', config: { source: 'header', versions: [{ name: '1' }], default: '1' } },
  { name: 'telemetry', config: {} },
];
/** Log phases run after the answer. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
const routes = { open: [sanitize, allow('public')], closed: [sanitize, allow('authenticated')], bare: [] };

describe.each(forms)('%s', (form) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start({ form, routes, servers: form === 'direct' ? 2 : 1, environment });
  });
  afterAll(() => site?.[Symbol.asyncDispose]());

  test('who may pass, passes, with no more calls than promised', async () => {
    const passed = await site.ask('/open/x?a=1', { headers: { 'X_User-Id': 'evil' } });
    expect([passed.status, String(passed.body)]).toEqual([200, 'from the service']);
    expect(site.service.arrived.at(-1)?.headers).not.toContain('evil');
    pdkCalls.length = 0;
    await site.ask('/open/x');
    await until(() => pdkCalls.length > 0);
    // One policy per plugin: the first asks which stand there, reads and writes; the second hears that it is decided.
    expect(pdkCalls).toEqual([{ pdk: 2, direct: 0, single: 4 }[form]]);
  });

  test('who may not pass is told so in the form of the system', async () => {
    const denied = await site.ask('/closed/x');
    expect([denied.status, JSON.parse(String(denied.body))]).toEqual([
      401,
      expect.objectContaining({ message: 'Token required', path: '/closed/x' }),
    ]);
    expect(denied.headers).toMatchObject({ 'x-frame-options': 'DENY', 'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/) });
  });

  test('bodies are judged, also those that Kong put into a file', async () => {
    const post = (body: Buffer) => site.ask('/open', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    for (const padding of [0, 20_000, 200_000]) {
      const filled = (text: string): Buffer => Buffer.from(JSON.stringify({ a: text, b: 'x'.repeat(padding) }));
      const bad = await post(Buffer.from(String(filled('!')).replace('"!"', '{"$gt":1}')));
      expect([bad.status, String(bad.body)]).toEqual([400, expect.stringContaining('operator-key')]);
      const good = filled('\u00e9\u4e2d\u{1f600}');
      expect((await post(good)).status).toBe(200);
      expect(site.service.arrived.at(-1)?.body.equals(good)).toBe(true);
    }
  });

  test('a binary body reaches the service byte for byte', async () => {
    const body = Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * 7) & 0xff));
    const headers = { 'Content-Type': 'application/octet-stream' };
    expect((await site.ask('/open', { method: 'PUT', headers, body })).status).toBe(200);
    expect(site.service.arrived.at(-1)?.body.equals(body)).toBe(true);
  });
});

describe('a protected route with every policy, fused', () => {
  const headers = { Authorization: `Bearer ${signHs256(withTimes({ sub: 'u1' }, Date.now(), 600), environment.SECRET)}` };
  const idempotent = { method: 'POST', headers: { ...headers, 'Idempotency-Key': 'k1' }, body: Buffer.from('{}') };

  test('PDK lane: two calls in access, none in log', async () => {
    await using site = await Site.start({ form: 'pdk', routes: { all }, environment });
    expect((await site.ask('/all', { headers })).status).toBe(200);
    for (const ask of [{ headers }, idempotent]) {
      pdkCalls.length = 0;
      const { sent } = site.kong.double.worker(0);
      sent.length = 0;
      expect((await site.ask('/all', ask)).status).toBe(200);
      await until(() => pdkCalls.length > 0);
      const methods = sent.flatMap((text) => /plugin\.\w+/.exec(text)?.[0] ?? []);
      expect([pdkCalls, methods]).toEqual([[2], ['plugin.HandleEvent', 'plugin.Step', 'plugin.Step']]);
    }
  });

  test('direct lane: one round trip', async () => {
    await using site = await Site.start({ form: 'direct', routes: { all }, environment });
    expect((await site.ask('/all', { headers })).status).toBe(200);
    for (const ask of [{ headers }, idempotent]) {
      const { sent } = site.kong.double.worker(0);
      sent.length = 0;
      expect((await site.ask('/all', ask)).status).toBe(200);
      // Heads and ends of answers go in batches, aside.
      expect(sent.filter((text) => !/^[ho]\[/.test(text)).map((text) => text[0])).toEqual(['f']);
    }
  });
});
