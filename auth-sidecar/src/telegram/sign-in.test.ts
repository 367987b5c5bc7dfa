import { createHmac } from 'node:crypto';
import { MemoryReplayStore } from '@gatehouse/plugins';
import type { Revocation } from '@gatehouse/policy';
import { fakeEffects } from '@gatehouse/policy/testing';
import { describe, expect, test } from '@jest/globals';
import { botKeys } from './bot-keys.js';
import { MemorySessionStore } from './memory-session-store.js';
import { AuthServiceError, type Person } from './person.js';
import { person, times } from './session-store.suite.js';
import { TelegramSignIn } from './sign-in.js';
import { BOT_TOKEN, initDataOf, widgetOf } from './testing/sign.js';
import { GongbuTokens } from './tokens.js';

const SECRET = 'a-secret-of-the-tests-that-is-long-enough';
const trace = { requestId: 'r1', traceparent: undefined };

function setup(replicas = 1) {
  const effects = fakeEffects();
  const people = new Map<number, Person>([[7, person]]);
  const asked: number[] = [];
  const revoked: Revocation[] = [];
  let down = false;
  const find = async (id: number): Promise<Person | null> => {
    asked.push(id);
    await Promise.resolve();
    if (down) throw new AuthServiceError('ECONNREFUSED');
    return people.get(id) ?? null;
  };
  const now = () => effects.clock.now();
  const shared = {
    ...effects,
    keys: botKeys(BOT_TOKEN),
    times,
    tokens: new GongbuTokens(SECRET, times),
    people: { find },
    sessions: new MemorySessionStore(now),
    replay: new MemoryReplayStore(now),
    revocations: { publish: async (revocation: Revocation) => void revoked.push(revocation) },
  };
  const nodes = Array.from({ length: replicas }, () => new TelegramSignIn(shared));
  const node = nodes[0]!;
  const seconds = () => Math.floor(now() / 1000);
  const widget = () => widgetOf(7, seconds());
  const initData = () => ({ initData: initDataOf(7, seconds()) });
  const setDown = (value: boolean): void => {
    down = value;
  };
  return { ...effects, nodes, node, people, asked, revoked, widget, initData, seconds, setDown };
}

const claimsOf = (token: string): unknown => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
const fault = (reason: string) => expect.objectContaining({ reason });

describe('signing in', () => {
  test('gives the product’s pair with exactly its payload, signed by its secret', async () => {
    const { node, widget, seconds } = setup();
    const pair = await node.signIn(widget(), trace);
    expect(pair).toMatchObject({ expiresIn: 3600, tokenType: 'Bearer' });
    expect(claimsOf(pair.accessToken)).toEqual({ ...person, iat: seconds(), exp: seconds() + 3600 });
    const [head, body, signature] = pair.accessToken.split('.');
    expect(createHmac('sha256', SECRET).update(`${head}.${body}`).digest('base64url')).toBe(signature);
  });

  test('takes a widget’s data once, also when it comes many times at once', async () => {
    const { nodes, widget, asked, clock } = setup(2);
    const body = widget();
    const all = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => nodes[i % 2]!.signIn(body, trace)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(asked).toEqual([7]);
    for (const ms of [0, 3_600_000, 22.9 * 3_600_000]) {
      await clock.advance(ms);
      await expect(nodes[1]!.signIn(body, trace)).rejects.toEqual(fault('token_invalid'));
    }
    await clock.advance(3_600_000);
    await expect(nodes[0]!.signIn(body, trace)).rejects.toMatchObject({ why: 'Telegram data expired' });
  });

  test('takes a Mini App’s data as often as it likes', async () => {
    const { node, initData } = setup();
    const body = initData();
    const pairs = await Promise.all([node.signIn(body, trace), node.signIn(body, trace)]);
    expect(new Set(pairs.map(({ refreshToken }) => refreshToken)).size).toBe(2);
  });

  test('with the auth service down is 503, and the data is good once it is back', async () => {
    const { node, widget, setDown } = setup();
    const body = widget();
    setDown(true);
    await expect(node.signIn(body, trace)).rejects.toEqual(fault('service_unavailable'));
    setDown(false);
    await expect(node.signIn(body, trace)).resolves.toBeDefined();
  });

  test('of somebody whom the product does not know is 403', async () => {
    const { node, people, initData, widget } = setup();
    people.clear();
    await expect(node.signIn(initData(), trace)).rejects.toEqual(fault('forbidden'));
    const body = widget();
    await expect(node.signIn(body, trace)).rejects.toEqual(fault('forbidden'));
    people.set(7, person);
    await expect(node.signIn(body, trace)).resolves.toBeDefined();
  });

  test('with what Telegram did not sign asks nobody', async () => {
    const { node, widget, asked } = setup();
    await expect(node.signIn({ ...widget(), id: 8 }, trace)).rejects.toEqual(fault('token_invalid'));
    await expect(node.signIn({}, trace)).rejects.toEqual(fault('bad_request'));
    expect(asked).toEqual([]);
  });
});

describe('refreshing', () => {
  test('gives a new pair with what the auth service says now; the old token gives the same for ten seconds', async () => {
    const { node, widget, people, clock, seconds } = setup();
    const first = await node.signIn(widget(), trace);
    await clock.advance(60_000);
    people.set(7, { ...person, role: 'admin' });
    const second = await node.refresh(first.refreshToken, trace);
    expect(claimsOf(second.accessToken)).toEqual({ ...person, role: 'admin', iat: seconds(), exp: seconds() + 3600 });
    expect(second.refreshToken).not.toBe(first.refreshToken);
    await clock.advance(10_000);
    expect(await node.refresh(first.refreshToken, trace)).toEqual(second);
  });

  test('a hundred times at once on two replicas is one refresh', async () => {
    const { nodes, widget, asked, clock } = setup(2);
    const { refreshToken } = await nodes[0]!.signIn(widget(), trace);
    await clock.advance(1000);
    const pairs = await Promise.all(Array.from({ length: 100 }, (_, i) => nodes[i % 2]!.refresh(refreshToken, trace)));
    expect(new Set(pairs.map((pair) => JSON.stringify(pair))).size).toBe(1);
    expect(asked.length).toBeLessThanOrEqual(3);
  });

  test('with a token that was spent long ago ends the session, and withdraws the user’s access tokens', async () => {
    const { node, widget, clock, revoked, lines } = setup();
    const first = await node.signIn(widget(), trace);
    const second = await node.refresh(first.refreshToken, trace);
    await clock.advance(10_001);
    await expect(node.refresh(first.refreshToken, trace)).rejects.toEqual(fault('token_invalid'));
    await expect(node.refresh(second.refreshToken, trace)).rejects.toMatchObject({ why: 'refresh token ended' });
    expect(revoked).toEqual([expect.objectContaining({ system: 'gongbu', kind: 'user', id: 'usr_7', since: clock.now() })]);
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', fields: { system: 'gongbu', userId: 'usr_7' } }));
  });

  test('with the auth service down is 503, and spends nothing', async () => {
    const { node, widget, setDown, clock } = setup();
    const { refreshToken } = await node.signIn(widget(), trace);
    setDown(true);
    await expect(node.refresh(refreshToken, trace)).rejects.toEqual(fault('service_unavailable'));
    setDown(false);
    await clock.advance(3_600_000);
    await expect(node.refresh(refreshToken, trace)).resolves.toBeDefined();
  });

  test('ends when the user is gone, or is somebody else', async () => {
    const { node, widget, people } = setup();
    const { refreshToken } = await node.signIn(widget(), trace);
    people.set(7, { ...person, userId: 'usr_8' });
    await expect(node.refresh(refreshToken, trace)).rejects.toEqual(fault('token_invalid'));
    people.set(7, person);
    await expect(node.refresh(refreshToken, trace)).rejects.toMatchObject({ why: 'refresh token ended' });
  });

  test('ends with the refresh token’s life', async () => {
    const { node, widget, clock } = setup();
    const { refreshToken } = await node.signIn(widget(), trace);
    await clock.advance(times.refreshMs + 1000);
    await expect(node.refresh(refreshToken, trace)).rejects.toEqual(fault('token_invalid'));
  });

  test('takes no other token for one of its own', async () => {
    const { node, widget, asked, clock } = setup();
    const { accessToken, refreshToken } = await node.signIn(widget(), trace);
    const [head, body, signature] = refreshToken.split('.') as [string, string, string];
    const text = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = (header: object, payload: object, secret: string): string => {
      const input = `${text(header)}.${text(payload)}`;
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    };
    const claims = claimsOf(refreshToken) as { sid: string; gen: number };
    const asIssued = { alg: 'HS256', typ: 'refresh+jwt' };
    const forged = [
      '',
      'x',
      accessToken,
      `${head}.${body}.`,
      `${text({ alg: 'none', typ: 'refresh+jwt' })}.${body}.`,
      `${head}.${text({ ...claims, gen: 2 })}.${signature}`,
      signed(asIssued, claims, SECRET),
      signed(asIssued, { ...claims, gen: 2 }, `${SECRET} `),
      refreshToken.slice(0, -1),
      'x'.repeat(100_000),
    ];
    for (const token of forged) await expect(node.refresh(token, trace)).rejects.toMatchObject({ why: 'no refresh token' });
    expect(asked).toEqual([7]);
    await clock.advance(1000);
    await expect(node.refresh(refreshToken, trace)).resolves.toBeDefined();
  });
});
