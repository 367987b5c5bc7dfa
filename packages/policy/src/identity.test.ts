import { describe, expect, test } from '@jest/globals';
import { type Identity, identityHeaderPairs, isIdentityHeader, RequestContext } from './identity.js';
import { fakeFacts } from './testing/fake-facts.js';

const identity: Identity = {
  via: 'jwt',
  subject: 'u1',
  email: 'a@b.example',
  roles: ['creator', 'adm,in'],
  permissions: ['course:read'],
  scopes: [],
  plan: 'free',
  claims: {},
  tokenId: null,
  sessionId: null,
  expiresAt: null,
};

describe('identity headers', () => {
  test.each(['X-User-Id', 'x-user-id', 'X_User_Id', 'x-USER_plan', 'X_USER-ROLES', 'x-user_email', 'X-User-Permissions'])(
    '%s is one',
    (name) => expect(isIdentityHeader(name)).toBe(true),
  );
  test.each(['X-User', 'X-User-Identity', 'X-Users-Id', 'User-Id', 'X-Request-Id'])('%s is none', (name) =>
    expect(isIdentityHeader(name)).toBe(false),
  );

  test('carry what the identity has', () => {
    expect(identityHeaderPairs(identity)).toEqual([
      ['X-User-Id', 'u1'],
      ['X-User-Email', 'a@b.example'],
      ['X-User-Roles', 'creator,adm%2Cin'],
      ['X-User-Permissions', 'course:read'],
      ['X-User-Plan', 'free'],
    ]);
    expect(identityHeaderPairs({ ...identity, email: null, roles: [], permissions: [], plan: null })).toEqual([['X-User-Id', 'u1']]);
  });

  test.each(['a\r\nX-Admin: 1', 'naïve', '\ud800', 'tab\tbed', 'nul\0'])('a claim %j can not break a header', (subject) => {
    const [pair] = identityHeaderPairs({ ...identity, subject });
    expect(pair![1]).toMatch(/^[\x20-\x7e]+$/);
  });
});

describe('context', () => {
  test('recognises by any of its policies, and by the identity itself', () => {
    const context = new RequestContext();
    const facts = fakeFacts();
    expect(context.recognised(facts, 1)).toBe(false);
    context.recognisers = [{ recognise: () => false }, { recognise: (_facts, now) => now === 5 }];
    expect(context.recognised(facts, 5)).toBe(true);
    expect(context.recognised(facts, 6)).toBe(false);
    context.identity = identity;
    expect(context.recognised(facts, 6)).toBe(true);
  });

  test('keeps notes', () => {
    const context = new RequestContext();
    expect(context.recall('a')).toBeUndefined();
    context.note('a', 1);
    expect(context.recall('a')).toBe(1);
    context.forget('a');
    expect(context.recall('a')).toBeUndefined();
  });
});
