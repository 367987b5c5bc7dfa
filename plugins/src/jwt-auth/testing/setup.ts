import { type Decision, RequestContext } from '@gatehouse/policy';
import { type FakeRequest, fakeEffects, fakeFacts } from '@gatehouse/policy/testing';
import { createLink } from '../../link.js';
import { jwtAuth, MemoryRevocationFeed } from '../index.js';
import type { FetchText } from '../key-set.js';
import { pem, rsa, SECRET } from './tokens.js';

const noFetch: FetchText = async () => Promise.reject(new Error('no network in this test'));

export interface Asked {
  readonly decision: Decision;
  readonly context: RequestContext;
  /** `pass` (with who), or the code of the denial. */
  readonly said: string;
}

/** A configured policy with everything around it faked. */
export function setup(config: object = {}, fetchText: FetchText = noFetch, more: Readonly<Record<string, string>> = {}) {
  const base = fakeEffects({
    ...more,
    'env:SECRET': SECRET,
    'env:OLD': 'old-secret-old-secret-old-secret-old',
    'env:RSA': pem(rsa.publicKey),
  });
  const revocationFeed = new MemoryRevocationFeed(base);
  const effects = { ...base, fetchText, revocationFeedOf: () => revocationFeed };
  const link = createLink(jwtAuth, { algorithms: ['HS256'], keys: [{ secret: 'env:SECRET' }], ...config }, effects);
  const ask = async (request: FakeRequest, context = new RequestContext()): Promise<Asked> => {
    const decision = await link.instance.decide(fakeFacts(request), context, base.now());
    const who = context.identity ? `pass ${context.identity.subject}` : 'pass';
    return { decision, context, said: decision.kind === 'deny' ? decision.code : who };
  };
  const bearer = async (token: string): Promise<string> => (await ask({ headers: { authorization: `Bearer ${token}` } })).said;
  return { ask, bearer, effects, clock: base.clock, link, feed: revocationFeed };
}
