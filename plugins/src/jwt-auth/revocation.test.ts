import { RequestContext, type Revocation, type RevocationFeed } from '@gatehouse/policy';
import { fakeFacts, ManualClock } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { createLink } from '../link.js';
import { jwtAuth } from './index.js';
import { MemoryRevocationFeed } from './memory-revocation-feed.js';
import { revocationFeedSuite } from './revocation-feed.suite.js';
import { setup } from './testing/setup.js';
import { claims, hs256, NOW_S } from './testing/tokens.js';

revocationFeedSuite('in process', async () => {
  const clock = new ManualClock();
  const feed = new MemoryRevocationFeed(clock);
  return { feeds: [feed, feed], now: () => clock.now(), settle: () => clock.advance(0) };
});

const withdrawn = (more: Partial<Revocation>): Revocation => ({
  system: 'gongbu',
  kind: 'user',
  id: 'u1',
  since: NOW_S * 1000,
  until: (NOW_S + 3600) * 1000,
  ...more,
});
const token = hs256(claims({ jti: 't1', sid: 's1' }));

describe('a revocation', () => {
  test.each<[string, Partial<Revocation>, string]>([
    ['of the session', { kind: 'session', id: 's1' }, 'token_revoked'],
    ['of another session', { kind: 'session', id: 's2' }, 'pass u1'],
    ['of the session, since the very second of the token', { kind: 'session', id: 's1', since: (NOW_S - 10) * 1000 }, 'token_revoked'],
    ['of the session, since a time before the token', { kind: 'session', id: 's1', since: (NOW_S - 11) * 1000 }, 'pass u1'],
    ['of the token, since a time before it', { kind: 'token', id: 't1', since: 0 }, 'token_revoked'],
    ['of the token', { kind: 'token', id: 't1' }, 'token_revoked'],
    ['of the user, since a time after the token', {}, 'token_revoked'],
    ['of the user, since the very second of the token', { since: (NOW_S - 10) * 1000 }, 'token_revoked'],
    ['of the user, since a time before the token', { since: (NOW_S - 11) * 1000 }, 'pass u1'],
    ['in another system', { system: 'learning' }, 'pass u1'],
    ['that is past', { until: NOW_S * 1000 }, 'pass u1'],
    ['of a session with the token’s name', { kind: 'session', id: 't1' }, 'pass u1'],
  ])('%s: %s', async (_name, more, expected) => {
    const { bearer, feed } = setup({ revocation: true });
    expect(await bearer(token)).toBe('pass u1');
    await feed.publish(withdrawn(more));
    expect(await bearer(token)).toBe(expected);
  });

  test('a token with no iat is from before any revocation of its user', async () => {
    const { bearer, feed } = setup({ revocation: true });
    await feed.publish(withdrawn({ since: 0 }));
    expect(await bearer(hs256(claims({ iat: undefined })))).toBe('token_revoked');
  });

  test('the latest of two counts', async () => {
    const { bearer, feed } = setup({ revocation: true });
    await feed.publish(withdrawn({}));
    await feed.publish(withdrawn({ since: 0 }));
    expect(await bearer(token)).toBe('token_revoked');
  });

  test('a revoked token is not recognised', async () => {
    const { ask, link, feed, clock } = setup({ revocation: true });
    const request = { headers: { authorization: `Bearer ${token}` } };
    await ask(request);
    expect(link.instance.recognise!(fakeFacts(request), clock.now())).toBe(true);
    await feed.publish(withdrawn({}));
    expect(link.instance.recognise!(fakeFacts(request), clock.now())).toBe(false);
  });

  test('does not matter where the route does not ask', async () => {
    const { bearer, feed } = setup();
    await feed.publish(withdrawn({}));
    expect(await bearer(token)).toBe('pass u1');
  });
});

describe('a feed that is not heard', () => {
  function silent() {
    const base = setup();
    let heard: (at: number) => void = () => {};
    const feed: RevocationFeed = {
      follow: (_apply, tell) => {
        heard = tell;
        return { close: () => undefined };
      },
      publish: async () => undefined,
    };
    const effects = { ...base.effects, revocationFeedOf: () => feed };
    const { instance } = createLink(jwtAuth, { algorithms: ['HS256'], keys: [{ secret: 'env:SECRET' }], revocation: true }, effects);
    return { base, instance, heard: (at: number) => heard(at) };
  }

  test('before its first word decisions wait; after 60 s of silence they are 503; its next word mends that', async () => {
    const { base, instance, heard } = silent();
    const ask = () => instance.decide(fakeFacts({ headers: { authorization: `Bearer ${token}` } }), new RequestContext(), base.clock.now());
    const waiting = ask();
    expect(waiting).toBeInstanceOf(Promise);
    heard(base.clock.now());
    expect(await waiting).toMatchObject({ kind: 'pass' });
    await base.clock.advance(60_000);
    expect(await ask()).toMatchObject({ kind: 'pass' });
    await base.clock.advance(1);
    expect(await ask()).toMatchObject({ kind: 'deny', code: 'undecided' });
    heard(base.clock.now());
    expect(await ask()).toMatchObject({ kind: 'pass' });
  });
});
