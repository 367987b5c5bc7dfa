/** Conditions on what the body says. */
import { type Decision, RequestContext } from '@gatehouse/policy';
import { fakeEffects, fakeFacts, fakeIdentity } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { createLink } from '../link.js';
import { permissions } from './index.js';

const rules = [
  { allow: [{ roles: { any: ['admin'] } }, { roles: { any: ['instructor'] }, body: { field: 'role', in: ['student', 'guest'] } }] },
];

function decide(config: unknown, body: string, role: string | null): Decision | Promise<Decision> {
  const { instance } = createLink(permissions, config, fakeEffects());
  const context = new RequestContext();
  context.identity = role === null ? null : fakeIdentity({ roles: [role] });
  return instance.decide(fakeFacts({ method: 'POST', body }), context, 0);
}

/** `pass`, or the code of the denial. */
async function ask(config: unknown, body: string, role: string | null): Promise<string> {
  const decision = await decide(config, body, role);
  return decision.kind === 'deny' ? decision.code : decision.kind;
}

describe('a condition on the body', () => {
  test.each([
    ['{"role":"student"}', 'instructor', 'pass'],
    ['{"name":"x","role":"guest"}', 'instructor', 'pass'],
    ['{"role":"admin"}', 'instructor', 'forbidden'],
    ['{"role":"Student"}', 'instructor', 'forbidden'],
    ['{"role":["student"]}', 'instructor', 'forbidden'],
    ['{"user":{"role":"student"}}', 'instructor', 'forbidden'],
    ['{}', 'instructor', 'forbidden'],
    ['', 'instructor', 'forbidden'],
    ['role=student', 'instructor', 'forbidden'],
    ['"student"', 'instructor', 'forbidden'],
    ['{"role":"student","role":"admin"}', 'instructor', 'forbidden'],
    ['{"role":"student","r\\u006fle":"admin"}', 'instructor', 'forbidden'],
    ['{"role":"admin"}', 'admin', 'pass'],
    ['', 'admin', 'pass'],
    ['{"role":"student"}', 'student', 'forbidden'],
    ['{"role":"student"}', null, 'token_missing'],
  ])('%s by %s: %s', async (body, role, expected) => expect(await ask({ rules }, body, role)).toBe(expected));

  test('goes into objects', async () => {
    const nested = [{ allow: [{ authenticated: true, body: { field: 'user.role', in: ['student'] } }] }];
    expect(await ask({ rules: nested }, '{"user":{"role":"student"}}', 'x')).toBe('pass');
    expect(await ask({ rules: nested }, '{"role":"student"}', 'x')).toBe('forbidden');
  });

  test('is no permission by itself', async () => {
    const alone = [{ allow: [{ body: { field: 'role', in: ['student'] } }] }];
    expect(await ask({ rules: alone }, '{"role":"student"}', 'admin')).toBe('forbidden');
  });

  test('reads no more than it may', async () => {
    const long = `{"role":"student","x":"${'x'.repeat(100)}"}`;
    await expect(ask({ rules, max_body_bytes: 50 }, long, 'instructor')).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  test('reads nothing for somebody unknown, nor where no rule asks for it', () => {
    expect(decide({ rules }, '{"role":"student"}', null)).not.toBeInstanceOf(Promise);
    expect(decide({ rules: [{ allow: [{ authenticated: true }] }] }, '{}', 'x')).not.toBeInstanceOf(Promise);
  });
});
