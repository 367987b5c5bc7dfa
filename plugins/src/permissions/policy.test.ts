import { type Identity, RequestContext } from '@gatehouse/policy';
import { type FakeRequest, fakeEffects, fakeFacts, fakeIdentity } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLink } from '../link.js';
import { permissions } from './index.js';

const person = fakeIdentity;

/** `pass`, or the code of the denial. */
function ask(config: unknown, request: FakeRequest, identity: Identity | null): string {
  const { instance } = createLink(permissions, config, fakeEffects());
  const context = new RequestContext();
  context.identity = identity;
  const decision = instance.decide(fakeFacts(request), context, 0);
  if (decision instanceof Promise || decision.kind === 'answer') throw new Error('permissions decide at once');
  return decision.kind === 'pass' ? 'pass' : decision.code;
}

const courses = {
  rules: [
    { methods: ['GET'], allow: [{ permissions: { all: ['course:read'] } }] },
    { methods: ['POST'], allow: [{ permissions: { all: ['course:create'] }, roles: { any: ['creator', 'admin'] } }] },
    { methods: ['DELETE'], allow: [{ permissions: { all: ['course:delete'] }, roles: { any: ['admin'] } }] },
  ],
};

describe('rules by method', () => {
  const reader = person({ roles: ['student'], permissions: ['course:read'] });
  const writer = person({ roles: ['creator'], permissions: ['course:read', 'course:create', 'course:delete'] });

  test.each([
    ['GET', null, 'token_missing'],
    ['GET', reader, 'pass'],
    ['HEAD', reader, 'pass'],
    ['HEAD', person(), 'forbidden'],
    ['POST', reader, 'forbidden'],
    ['POST', writer, 'pass'],
    ['POST', person({ roles: ['creator'] }), 'forbidden'],
    ['POST', person({ permissions: ['course:create'] }), 'forbidden'],
    ['DELETE', writer, 'forbidden'],
    ['PATCH', writer, 'forbidden'],
    ['PATCH', null, 'token_missing'],
    ['get', reader, 'forbidden'],
  ] as const)('%s by %j: %s', (method, identity, expected) => expect(ask(courses, { method, url: '/courses' }, identity)).toBe(expected));
});

describe('alternatives', () => {
  const notifications = { rules: [{ allow: [{ via: 'api-key', scopes: { any: ['send'] } }, { roles: { any: ['admin'] } }] }] };

  test.each([
    [person({ via: 'api-key', scopes: ['send'] }), 'pass'],
    [person({ via: 'api-key', scopes: ['read'] }), 'scope_missing'],
    [person({ via: 'jwt', scopes: ['send'] }), 'forbidden'],
    [person({ roles: ['admin'] }), 'pass'],
    [person({ roles: ['Admin'] }), 'forbidden'],
    [null, 'token_missing'],
  ])('%j: %s', (identity, expected) => expect(ask(notifications, {}, identity)).toBe(expected));

  test.each([
    ['no alternatives', []],
    ['one that names nothing', [{}]],
    ['one with empty lists', [{ roles: { any: [], all: [] }, plans: [] }]],
    ['public: false', [{ public: false, authenticated: false }]],
  ])('%s: nobody passes', (_name, allow) => {
    expect(ask({ rules: [{ allow }] }, {}, person({ roles: ['admin'] }))).toBe('forbidden');
    expect(ask({ rules: [{ allow }] }, {}, null)).toBe('token_missing');
  });

  test('authenticated is anybody signed in, public is anybody', () => {
    expect(ask({ rules: [{ allow: [{ authenticated: true }] }] }, {}, person())).toBe('pass');
    expect(ask({ rules: [{ allow: [{ authenticated: true }] }] }, {}, null)).toBe('token_missing');
    expect(ask({ rules: [{ allow: [{ public: true }] }] }, {}, null)).toBe('pass');
    expect(ask({ rules: [{ allow: [{ authenticated: true, plans: ['enterprise'] }] }] }, {}, person({ plan: 'free' }))).toBe('forbidden');
    expect(ask({ rules: [{ allow: [{ plans: ['enterprise'] }] }] }, {}, person({ plan: 'enterprise' }))).toBe('pass');
  });
});

describe('rules by path', () => {
  const assignments = {
    rules: [
      { methods: ['POST'], paths: ['/a/{id}/progress', '/a/{id}/complete'], allow: [{ roles: { any: ['student'] } }] },
      { methods: ['POST', 'PUT'], allow: [{ roles: { any: ['instructor'] } }] },
      { methods: ['GET'], paths: ['/a/*'], allow: [{ authenticated: true }] },
    ],
  };
  const student = person({ roles: ['student'] });

  test.each([
    ['POST', '/a/1/progress', 'pass'],
    ['POST', '/a/1/progress/', 'pass'],
    ['POST', '/a/1/complete', 'pass'],
    ['POST', '/a/1/progress/2', 'forbidden'],
    ['POST', '/a/1', 'forbidden'],
    ['POST', '/a//progress', 'forbidden'],
    ['PUT', '/a/1/progress', 'forbidden'],
    ['GET', '/a', 'pass'],
    ['GET', '/ab', 'forbidden'],
  ])('%s %s by a student: %s', (method, url, expected) => expect(ask(assignments, { method, url }, student)).toBe(expected));
});

describe('ownership', () => {
  const config = {
    rules: [{ paths: ['/users/{id}', '/users/{id}/*'], allow: [{ owner: { param: 'id', claim: 'sub' } }, { roles: { any: ['admin'] } }] }],
  };
  const mine = person({ claims: { sub: 'u1' } });

  test.each([
    ['/users/u1', 'pass'],
    ['/users/u1/', 'pass'],
    ['/users/%75%31/keys', 'pass'],
    ['/users/u2', 'forbidden'],
    ['/users/u1x', 'forbidden'],
    ['/users/u2/u1', 'forbidden'],
    ['/users/u1%2F..%2Fu2', 'forbidden'],
    ['/users/%zz', 'forbidden'],
    ['/users', 'forbidden'],
  ])('%s: %s', (url, expected) => expect(ask(config, { url }, mine)).toBe(expected));

  test.each([
    ['a number', { user_id: 7 }, 'user_id', '7', 'pass'],
    ['a list', { wallets: ['w1', 'w2'] }, 'wallets', 'w2', 'pass'],
    ['a list without it', { wallets: ['w1'] }, 'wallets', 'w2', 'forbidden'],
    ['a nested list', { wallets: [['w1']] }, 'wallets', 'w1', 'forbidden'],
    ['inside an object', { org: { id: 'x' } }, 'org.id', 'x', 'pass'],
    ['what is inherited', {}, 'constructor.name', 'Object', 'forbidden'],
    ['no claim', {}, 'sub', 'undefined', 'forbidden'],
    ['null', { sub: null }, 'sub', 'null', 'forbidden'],
    ['true', { sub: true }, 'sub', 'true', 'forbidden'],
    ['the subject', {}, 'subject', 'u1', 'pass'],
  ])('%s', (_name, claims, claim, value, expected) => {
    const rules = [{ paths: ['/x/{id}'], allow: [{ owner: { param: 'id', claim } }] }];
    expect(ask({ rules }, { url: `/x/${value}` }, person({ claims }))).toBe(expected);
  });

  test("reads the route's own captures", () => {
    const rules = [{ allow: [{ owner: { param: 'id', claim: 'sub' } }] }];
    expect(ask({ rules }, { captures: { id: 'u1' } }, mine)).toBe('pass');
    expect(ask({ rules }, { captures: { id: 'u2' } }, mine)).toBe('forbidden');
    expect(ask({ rules }, {}, mine)).toBe('forbidden');
  });
});

describe('configuration', () => {
  test.each([
    [{}, 'rules'],
    [{ rules: [] }, 'rules'],
    [{ rules: [{ methods: ['get'] }] }, 'rules[0].methods[0]'],
    [{ rules: [{ paths: ['courses'] }] }, 'rules[0].paths[0]'],
    [{ rules: [{ allow: [{ role: 'x' }] }] }, 'rules[0].allow[0].role'],
    [{ rules: [{ allow: [{ owner: { param: 'id' } }] }] }, 'rules[0].allow[0].owner.claim'],
    [{ rules: [{ allow: [{ body: { field: 'role', in: [] } }] }] }, 'rules[0].allow[0].body.in'],
  ])('%j names %s', (config, path) => expect(() => createLink(permissions, config, fakeEffects())).toThrow(path));

  test('whoever passes one of several conditions passes; more rights never take a right away', () => {
    const rights = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'));
    fc.assert(
      fc.property(rights, rights, rights, rights, (any, all, has, more) => {
        const config = { rules: [{ allow: [{ roles: { any, all } }] }] };
        const before = ask(config, {}, person({ roles: has }));
        const expected =
          any.length + all.length > 0 && all.every((r) => has.includes(r)) && (any.length === 0 || any.some((r) => has.includes(r)));
        expect(before === 'pass').toBe(expected);
        if (before === 'pass') expect(ask(config, {}, person({ roles: [...has, ...more] }))).toBe('pass');
      }),
    );
  });
});
