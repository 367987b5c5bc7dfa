/** A flood of requests that are all refused leaves nothing behind. */
import { createHmac } from 'node:crypto';
import v8 from 'node:v8';
import vm from 'node:vm';
import {
  apiKey,
  Chain,
  createLink,
  jwtAuth,
  MemoryApiKeyStore,
  MemoryRevocationFeed,
  permissions,
  sanitize,
  telemetry,
} from '@gatehouse/plugins';
import { RequestContext } from '@gatehouse/policy';
import { fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { expect, test } from '@jest/globals';

const REQUESTS = process.env['GATEHOUSE_SOAK'] ? 1_000_000 : 100_000;
/** Enough to fill every bounded memory. */
const WARM_UP = 60_000;
const GROWTH_MAX = 10 * 1024 * 1024;
const NOW_S = 1_800_000_000;

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc') as () => void;

function heapUsed(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** A route with identity policies, whose log goes nowhere. */
function route(): { run: (headers: Record<string, string>, url: string) => Promise<number> } {
  const base = fakeEffects({ 'env:SECRET': 'x'.repeat(32), 'env:API_KEY_PEPPER': 'pepper' });
  const metrics = {
    counter: () => ({ add: nothing, with: () => ({ add: nothing }) }),
    gauge: () => ({ set: nothing, remove: nothing }),
    histogram: () => ({ observe: nothing, with: () => ({ observe: nothing }) }),
  };
  const effects = {
    ...base,
    metrics,
    log: nothing,
    apiKeys: new MemoryApiKeyStore(() => base.now()),
    revocationFeedOf: () => new MemoryRevocationFeed(base),
    fetchText: async () => '',
    metricFamilies: async () => [],
    accessLog: nothing,
  };
  const links = [
    createLink(sanitize, {}, effects),
    createLink(apiKey, {}, effects),
    createLink(jwtAuth, { algorithms: ['HS256'], keys: [{ secret: 'env:SECRET' }], revocation: true }, effects),
    createLink(permissions, { rules: [{ allow: [{ roles: { any: ['admin'] } }] }] }, effects),
    createLink(telemetry, {}, effects),
  ];
  const chain = new Chain(links, { system: 'gongbu' }, effects);
  const run = async (headers: Record<string, string>, url: string): Promise<number> => {
    const facts = fakeFacts({ headers, url });
    const context = new RequestContext();
    const verdict = await chain.run(facts, context, NOW_S * 1000);
    const status = verdict.kind === 'reply' ? verdict.status : 200;
    const head = { status, source: 'policy', failure: null, upstreamMs: null } as const;
    chain.outcome(
      facts,
      context,
      { ...head, totalMs: 1, gatewayMs: 1, bytesIn: 0, bytesOut: 0, aborted: false, answer: null },
      NOW_S * 1000,
    );
    return status;
  };
  return { run };
}

function nothing(): void {}

const b64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(n: number, secret: string): string {
  const input = `${b64({ alg: 'HS256' })}.${b64({ sub: `u${n}`, role: 'student', exp: NOW_S + 60 })}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

type Request = [headers: Record<string, string>, url: string];

/** Every kind of refusal, with something in each request that no other has. */
const kinds: [status: number, make: (n: number) => Request][] = [
  [401, (n) => [{}, `/courses/${n}`]],
  [401, (n) => [{ authorization: `Bearer ${token(n, 'y'.repeat(32))}` }, '/courses']],
  [403, (n) => [{ authorization: `Bearer ${token(n, 'x'.repeat(32))}` }, '/courses']],
  [401, (n) => [{ 'x-api-key': `key-${n}.${'a'.repeat(43)}` }, '/courses']],
  [400, (n) => [{}, `/courses/%252e%252e/${n}`]],
];

test(`${REQUESTS} refused requests leave the memory as it was`, async () => {
  const { run } = route();
  let wrong = 0;
  const flood = async (from: number, count: number): Promise<void> => {
    for (let n = from; n < from + count; n++) {
      const [status, make] = kinds[n % kinds.length]!;
      if ((await run(...make(n))) !== status) wrong++;
    }
  };
  await flood(0, WARM_UP);
  const before = heapUsed();
  await flood(WARM_UP, REQUESTS);
  expect(heapUsed() - before).toBeLessThan(GROWTH_MAX);
  expect(wrong).toBe(0);
}, 300_000);
