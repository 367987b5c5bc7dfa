/** What a policy says on every answer, also where it had no turn. */
import { type Decision, deny, PASS, type Pass, type PolicyInstance, RequestContext } from '@gatehouse/policy';
import { fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { expect, test } from '@jest/globals';
import { apiVersion } from './api-version/index.js';
import { Chain, type ChainLink, type Reply } from './chain.js';
import { createLink } from './link.js';

const SINCE = '2026-01-01';
const version = createLink(
  apiVersion,
  { versions: [{ name: 'v2' }, { name: 'v1', deprecated_at: SINCE, successor_link: '/v2' }], default: 'v2' },
  fakeEffects(),
);
const link = (priority: number, instance: PolicyInstance): ChainLink => ({
  name: `p${priority}`,
  priority,
  deadlineMs: 50,
  instance,
  needs: {},
});
const saying = (priority: number, decision: Decision | Promise<Decision>): ChainLink => link(priority, { decide: () => decision });
const rateLeft: Pass = { kind: 'pass', responseHeaders: [['X-Left', '3']] };

async function headers(links: ChainLink[], url: string): Promise<Record<string, string>> {
  const chain = new Chain(links, { system: 'healthpay' }, fakeEffects());
  const verdict = (await chain.run(fakeFacts({ url }), new RequestContext(), 0)) as Reply;
  expect(verdict.kind).toBe('reply');
  return Object.fromEntries(verdict.headers);
}

const ending = { Deprecation: '@1767225600', Link: '</v2>; rel="successor-version"' };

test.each<[string, Decision | Promise<Decision>]>([
  ['at once', deny('token_missing')],
  ['later', Promise.resolve(deny('token_missing'))],
  ['by failing', Promise.reject(new Error('broken'))],
  ['with an answer', { kind: 'answer', status: 200, headers: [], body: '' }],
])('a refusal before its turn says it too: %s', async (_how, decision) => {
  if (decision instanceof Promise) decision.catch(() => undefined);
  const links = [saying(1940, rateLeft), saying(1440, decision), version];
  expect(await headers(links, '/v1/wallets')).toMatchObject({ ...ending, 'X-Left': '3' });
  const said = await headers(links, '/v2/wallets');
  expect([said['Deprecation'], said['X-Left']]).toEqual([undefined, '3']);
});

test('a refusal after its turn says it once', async () => {
  const chain = new Chain([version, saying(5, deny('forbidden'))], { system: 'healthpay' }, fakeEffects());
  const verdict = (await chain.run(fakeFacts({ url: '/v1/wallets' }), new RequestContext(), 0)) as Reply;
  expect(verdict.headers.filter(([name]) => name === 'Deprecation' || name === 'Link')).toHaveLength(2);
});

test('so does one by a policy that took its pass back', async () => {
  const settling = link(1000, {
    decide: () => PASS,
    settle: (_f, _c, verdict) => (verdict.kind === 'deny' ? deny('rate_limited') : undefined),
  });
  expect(await headers([settling, saying(900, deny('forbidden')), version], '/v1/wallets')).toMatchObject(ending);
});

test('a notice that throws takes nothing from the refusal', async () => {
  const throwing = link(5, {
    decide: () => PASS,
    notice: () => {
      throw new Error('broken');
    },
  });
  expect(await headers([saying(1000, deny('token_missing')), throwing, version], '/v1/wallets')).toMatchObject(ending);
});
