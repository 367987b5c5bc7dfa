/** Logout tokens: a good one, and each way in which one is not (OIDC Back-Channel Logout 1.0 section 2.6). */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt, SignJWT } from 'jose';
import { type RunningProvider, startProvider } from '../provider/index.js';
import { signingKey } from '../provider/keys.js';
import { SidecarWorld } from '../testing/world.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const { kid } = signingKey(pem);

let provider: RunningProvider;
let world: SidecarWorld;
beforeAll(async () => {
  provider = await startProvider({ port: 0, key: pem });
  world = await SidecarWorld.start(provider);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await provider.close();
});

const nowS = (): number => Math.floor(Date.now() / 1000);

interface Changes {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly key?: typeof privateKey | Uint8Array;
}

/** A good token about a session that nobody has, with changes; a claim that is undefined is left out. */
function logoutToken({ claims = {}, header = {}, key = privateKey }: Changes = {}): Promise<string> {
  const good = {
    iss: provider.issuer,
    aud: 'ai-video-interview-app',
    iat: nowS(),
    exp: nowS() + 120,
    jti: randomUUID(),
    events: { [EVENT]: {} },
    sid: 'nobodys',
    sub: 'somebody',
  };
  const payload = Object.fromEntries(Object.entries({ ...good, ...claims }).filter(([, value]) => value !== undefined));
  const signing = new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid, typ: 'logout+jwt', ...header });
  return signing.sign(key, { crit: { 'urn:x': true } });
}

const send = (token: string) =>
  world.ask('/auth/backchannel-logout', {
    body: new URLSearchParams({ logout_token: token }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

describe('a logout token', () => {
  test('ends the session that it names', async () => {
    const { accessToken, refreshToken } = await world.signInApp();
    const { sid, sub } = decodeJwt(accessToken);
    const answer = await send(await logoutToken({ claims: { sid, sub } }));
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(world.told('user.logged_out').at(-1)).toMatchObject({ userId: sub, data: { sessionId: sid, logoutReason: 'admin_action' } });
    expect((await world.refresh(refreshToken)).status).toBe(401);
  });

  test('without a session ends all of its user', async () => {
    const [one, two] = [await world.signInApp('ana.silva'), await world.signInApp('ana.silva')];
    const { sub } = decodeJwt(one.accessToken);
    expect((await send(await logoutToken({ claims: { sid: undefined, sub } }))).status).toBe(200);
    for (const { refreshToken } of [one, two]) expect((await world.refresh(refreshToken)).status).toBe(401);
    expect(world.told('user.logged_out').filter(({ userId }) => userId === sub)).toHaveLength(2);
  });

  test('with neither exp nor sub is good as well; its session is not known, and is refused all the same', async () => {
    const before = world.events.length;
    expect((await send(await logoutToken({ claims: { exp: undefined, sub: undefined, sid: 'unknown-one' } }))).status).toBe(200);
    expect(world.revocations.at(-1)).toMatchObject({ kind: 'session', id: 'unknown-one' });
    expect(world.events.length).toBe(before);
  });

  test('after the user’s own logout tells nothing again', async () => {
    const { accessToken } = await world.signInApp();
    const { sid, sub } = decodeJwt(accessToken);
    await world.ask('/auth/logout', { method: 'POST', headers: { authorization: `Bearer ${accessToken}` } });
    const before = world.events.length;
    expect((await send(await logoutToken({ claims: { sid, sub } }))).status).toBe(200);
    expect(world.events.length).toBe(before);
  });
});

describe('a logout token is refused', () => {
  const wrong: readonly (readonly [string, () => Changes])[] = [
    ['of another issuer', () => ({ claims: { iss: 'https://evil.example' } })],
    ['for another client', () => ({ claims: { aud: 'another-app' } })],
    ['for nobody', () => ({ claims: { aud: undefined } })],
    ['without iat', () => ({ claims: { iat: undefined } })],
    ['issued long ago', () => ({ claims: { iat: nowS() - 400, exp: undefined } })],
    ['issued in the future', () => ({ claims: { iat: nowS() + 60, exp: nowS() + 120 } })],
    ['that ended', () => ({ claims: { exp: nowS() - 60 } })],
    ['without jti', () => ({ claims: { jti: undefined } })],
    ['with an empty jti', () => ({ claims: { jti: '' } })],
    ['with a nonce', () => ({ claims: { nonce: 'n' } })],
    ['with an empty nonce', () => ({ claims: { nonce: null } })],
    ['without events', () => ({ claims: { events: undefined } })],
    ['with another event', () => ({ claims: { events: { 'http://schemas.openid.net/event/other': {} } } })],
    ['with an event that is no object', () => ({ claims: { events: { [EVENT]: true } } })],
    ['with events that are a list', () => ({ claims: { events: [EVENT] } })],
    ['about nobody', () => ({ claims: { sid: undefined, sub: undefined } })],
    ['about no text', () => ({ claims: { sid: 5, sub: undefined } })],
    ['of type JWT', () => ({ header: { typ: 'JWT' } })],
    ['of type at+jwt', () => ({ header: { typ: 'at+jwt' } })],
    ['of no type', () => ({ header: { typ: undefined } })],
    ['signed by somebody else', () => ({ key: stranger })],
    ['signed by a key that nobody knows', () => ({ key: stranger, header: { kid: 'unknown' } })],
    ['signed with the public key as a secret', () => ({ key: new TextEncoder().encode(pem), header: { alg: 'HS256' } })],
    ['with critical extensions', () => ({ header: { crit: ['urn:x'], 'urn:x': 1 } })],
  ];
  test.each(wrong)('%s', async (_name, changes) => {
    const answer = await send(await logoutToken(changes()));
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ statusCode: 400, path: '/auth/backchannel-logout' });
    expect(world.revocations.some(({ id }) => id === 'nobodys')).toBe(false);
  });

  test('unsigned, an access token, an ID token, or nothing', async () => {
    const { accessToken } = await world.signInApp();
    const none = `${Buffer.from('{"alg":"none","typ":"logout+jwt"}').toString('base64url')}.${(await logoutToken()).split('.')[1]}.`;
    for (const token of [none, accessToken, 'a.b.c', '']) expect((await send(token)).status).toBe(400);
    expect((await world.ask('/auth/backchannel-logout', { json: { logout_token: await logoutToken() } })).status).toBe(400);
  });

  test('a second time', async () => {
    const token = await logoutToken({ claims: { sid: 'once' } });
    expect((await send(token)).status).toBe(200);
    expect((await send(token)).status).toBe(400);
  });

  test('not for good when the stores were away: the provider may send it again', async () => {
    const { sessions } = world.sidecar.oidc;
    const token = await logoutToken({ claims: { sid: 'twice' } });
    const { end } = sessions;
    sessions.end = () => Promise.reject(Object.assign(new Error('away'), { code: 'REDIS_AWAY' }));
    expect((await send(token)).status).toBe(503);
    sessions.end = end;
    expect((await send(token)).status).toBe(200);
  });
});
