import { type Pass, RequestContext } from '@gatehouse/policy';
import { fakeFacts } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { setup } from './testing/setup.js';
import { claims, hs256, NOW_S } from './testing/tokens.js';

const good = hs256();
const expired = hs256(claims({ exp: 1 }));

describe('where the token is', () => {
  test.each<[string | string[], string]>([
    [`Bearer ${good}`, 'pass u1'],
    [`bearer ${good}`, 'pass u1'],
    [`BEARER   ${good}`, 'pass u1'],
    [good, 'token_missing'],
    [`Basic ${good}`, 'token_missing'],
    [`Bearer${good}`, 'token_missing'],
    ['Bearer', 'token_missing'],
    ['Bearer ', 'token_missing'],
    [`Bearer ${good} ${good}`, 'token_missing'],
    [`Bearer ${good}, Bearer ${good}`, 'token_missing'],
    [[`Bearer ${good}`, `Bearer ${good}`], 'token_invalid'],
    ['', 'token_missing'],
  ])('authorization: %j', async (authorization, expected) =>
    expect((await setup().ask({ headers: { authorization } })).said).toBe(expected),
  );

  test('in a header of another name it stands alone', async () => {
    const { ask } = setup({ token: { header: 'X-Token' } });
    expect((await ask({ headers: { 'x-token': good } })).said).toBe('pass u1');
    expect((await ask({ headers: { 'x-token': `Bearer ${good}` } })).said).toBe('token_invalid');
    expect((await ask({ headers: { authorization: `Bearer ${good}` } })).said).toBe('token_missing');
  });

  test('in the query only where that is wanted, and never for the service to see', async () => {
    const { ask } = setup({ token: { query: 'token' } });
    const { decision, said } = await ask({ url: `/x?a=1&token=${good}` });
    expect(said).toBe('pass u1');
    expect(decision).toMatchObject({ stripQuery: ['token'] });
    expect((await ask({ url: `/x?token=${good}&token=${good}` })).said).toBe('token_invalid');
    expect((await ask({ url: '/x?token=' })).said).toBe('token_missing');
    const header = await ask({ url: '/x?token=other', headers: { authorization: `Bearer ${good}` } });
    expect(header.decision).toMatchObject({ kind: 'pass', stripQuery: ['token'] });
    expect((await setup().ask({ url: `/x?token=${good}` })).said).toBe('token_missing');
  });

  test('in a cookie: unsafe methods need an origin that is listed', async () => {
    const { ask } = setup({ token: { cookie: '__Host-at', cookie_origins: ['https://app.example'] } });
    const cookie = `a=b; __Host-at=${good}`;
    const send = async (method: string, origin?: string | string[]) =>
      (await ask({ method, headers: { cookie, ...(origin === undefined ? {} : { origin }) } })).said;
    expect(await send('GET')).toBe('pass u1');
    expect(await send('POST', 'https://app.example')).toBe('pass u1');
    expect(await send('POST')).toBe('forbidden');
    expect(await send('DELETE', 'https://evil.example')).toBe('forbidden');
    expect(await send('PUT', 'null')).toBe('forbidden');
    expect(await send('PUT', ['https://app.example', 'https://evil.example'])).toBe('forbidden');
    expect((await ask({ method: 'POST', headers: { authorization: `Bearer ${good}` } })).said).toBe('pass u1');
    expect((await ask({ headers: { cookie: `__Host-at=${good}; __Host-at=${good}` } })).said).toBe('token_invalid');
  });

  test('cookies of the sign-in stay at the gateway', async () => {
    const { ask } = setup({
      token: { cookie: '__Host-at', strip_cookies: ['__Host-at', '__Host-login-*'], forward: 'bearer' },
      optional: true,
    });
    const passed = async (cookie: string) => {
      const { decision } = await ask({ headers: { cookie } });
      const { setHeaders = [], removeHeaders = [] } = decision as Pass;
      return [new Map(setHeaders).get('Cookie'), removeHeaders.includes('cookie')];
    };
    expect(await passed(`a=1; __Host-at=${good}; __Host-login-7=x`)).toEqual(['a=1', false]);
    expect(await passed(`__Host-at=${good}`)).toEqual([undefined, true]);
    expect(await passed('__Host-at=expired; b=2')).toEqual(['b=2', false]);
    expect(await passed('a=1')).toEqual([undefined, false]);
  });
});

describe('identity', () => {
  test.each([
    [
      'gongbu',
      { subject: 'userId', roles: 'role', plan: 'subscriptionPlan' },
      { userId: 'usr_1', role: 'creator', subscriptionPlan: 'free', permissions: ['course:read'] },
      [
        ['X-User-Id', 'usr_1'],
        ['X-User-Roles', 'creator'],
        ['X-User-Permissions', 'course:read'],
        ['X-User-Plan', 'free'],
      ],
    ],
    [
      'interview',
      { roles: 'realm_access.roles' },
      { sub: 'a', email: 'a@b.example', realm_access: { roles: ['admin', 'recruiter'] } },
      [
        ['X-User-Id', 'a'],
        ['X-User-Email', 'a@b.example'],
        ['X-User-Roles', 'admin,recruiter'],
      ],
    ],
    [
      'freelance',
      { subject: 'user_id', roles: 'roles' },
      { user_id: 1001, roles: ['client'] },
      [
        ['X-User-Id', '1001'],
        ['X-User-Roles', 'client'],
      ],
    ],
  ] as const)('%s: claims become headers for the service', async (_system, names, payload, headers) => {
    const { ask } = setup({ claims: names });
    const { decision } = await ask({ headers: { authorization: `Bearer ${hs256(claims({ sub: undefined, ...payload }))}` } });
    expect(decision).toMatchObject({ kind: 'pass', setHeaders: headers });
    expect(decision).toMatchObject({ removeHeaders: ['x-user-id', 'x-user-email', 'x-user-roles', 'x-user-permissions', 'x-user-plan'] });
  });

  test('is whole for later policies', async () => {
    const payload = { sub: 'u1', scope: 'a b', sid: 's1', jti: 't1', role: ['x', 1, null, ''], permissions: 'p', exp: NOW_S + 5 };
    const { context } = await setup().ask({ headers: { authorization: `Bearer ${hs256(payload)}` } });
    expect(context.identity).toMatchObject({
      via: 'jwt',
      scopes: ['a', 'b'],
      sessionId: 's1',
      tokenId: 't1',
      roles: ['x'],
      permissions: ['p'],
      plan: null,
      expiresAt: (NOW_S + 5) * 1000,
    });
    expect(Object.isFrozen(context.identity)).toBe(true);
  });

  test('a claim with dots in its own name comes before a path', async () => {
    const { ask } = setup({ claims: { roles: 'https://a.example/roles' } });
    const { context } = await ask({ headers: { authorization: `Bearer ${hs256(claims({ 'https://a.example/roles': ['x'] }))}` } });
    expect(context.identity?.roles).toEqual(['x']);
  });

  test('of somebody who proved it by a key before is kept', async () => {
    const context = new RequestContext();
    const key = { subject: 'partner', via: 'api-key' } as NonNullable<RequestContext['identity']>;
    context.identity = key;
    expect((await setup().ask({ headers: { authorization: 'Bearer nonsense' } }, context)).said).toBe('pass partner');
    expect(context.identity).toBe(key);
  });
});

describe('public routes', () => {
  test.each<[Record<string, string>, string, string | null]>([
    [{}, 'pass', null],
    [{ authorization: `Bearer ${good}` }, 'pass u1', null],
    [{ authorization: `Bearer ${expired}` }, 'pass', 'token_expired'],
    [{ authorization: 'Bearer nonsense' }, 'pass', 'token_invalid'],
  ])('%j: %s', async (headers, said, fault) => {
    const asked = await setup({ optional: true }).ask({ headers });
    expect([asked.said, asked.context.credentialFault]).toEqual([said, fault]);
    expect(asked.decision).toMatchObject({ removeHeaders: expect.arrayContaining(['x-user-id']) });
  });
});

describe('what the service gets', () => {
  const headers = { authorization: `Bearer ${good}` };
  test('as it came, nothing, or always a bearer token', async () => {
    expect((await setup().ask({ headers })).decision).not.toHaveProperty('setHeaders.1');
    const dropped = await setup({ token: { forward: 'drop' } }).ask({ headers });
    expect(dropped.decision).toMatchObject({ removeHeaders: expect.arrayContaining(['authorization', 'x-user-id']) });
    const bearer = await setup({ token: { forward: 'bearer', query: 'token' } }).ask({ url: `/?token=${good}` });
    expect(bearer.decision).toMatchObject({
      setHeaders: [
        ['X-User-Id', 'u1'],
        ['Authorization', `Bearer ${good}`],
      ],
      stripQuery: ['token'],
    });
  });
});

describe('memory', () => {
  test('a token seen before is recognised, and verified no second time', async () => {
    const { bearer, link, effects, clock } = setup();
    const facts = fakeFacts({ headers: { authorization: `Bearer ${good}` } });
    expect(link.instance.recognise!(facts, clock.now())).toBe(false);
    for (let i = 0; i < 3; i++) await bearer(good);
    expect(effects.values.get('gatehouse_jwt_validation_duration_seconds{,good}')).toBe(1);
    expect(link.instance.recognise!(facts, clock.now())).toBe(true);
    await clock.advance(700_000);
    expect(link.instance.recognise!(facts, clock.now())).toBe(false);
    expect(link.instance.recognise!(fakeFacts(), clock.now())).toBe(false);
  });

  test('the same decision object serves every request of a token', async () => {
    const { ask } = setup();
    const headers = { authorization: `Bearer ${good}` };
    expect((await ask({ headers })).decision).toBe((await ask({ headers })).decision);
  });
});
