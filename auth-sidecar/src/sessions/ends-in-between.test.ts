/** A refresh that comes between the two halves of a session's end. */

import type { Revocation } from '@gatehouse/policy';
import { fakeEffects } from '@gatehouse/policy/testing';
import { expect, test } from '@jest/globals';
import type { TokenSet } from '../oidc/tokens.js';
import { MemorySessionStore } from './memory-session-store.js';
import { Sessions, type SessionTools } from './sessions.js';

const SECOND = 1000;

function setup() {
  const effects = fakeEffects();
  const published: Revocation[] = [];
  const store = new MemorySessionStore(() => effects.clock.now());
  let before = async (): Promise<void> => undefined;
  const revocations = {
    publish: async (revocation: Revocation) => {
      published.push(revocation);
      await before();
    },
    follow: () => ({ close: () => undefined }),
  };
  const sessions = new Sessions({
    store,
    revocations,
    events: { loggedOut: () => undefined, authenticated: () => undefined } as unknown as SessionTools['events'],
    ends: { add: () => undefined } as unknown as SessionTools['ends'],
    settings: { sessionIdleMs: 3600 * SECOND, sessionsPerUser: 5, accessTokenMaxMs: 300 * SECOND },
    secrets: ['s'.repeat(32)],
    effects,
  });
  const interrupt = (work: () => Promise<unknown>): void => {
    before = async () => {
      before = async () => undefined;
      await work();
    };
  };
  return { effects, published, sessions, interrupt };
}

const tokens = (issuedAt: number): TokenSet => ({
  accessToken: 'access',
  refreshToken: 'refresh',
  idToken: null,
  expiresIn: 300,
  refreshExpiresIn: null,
  person: { userId: 'u', email: null, firstName: null, lastName: null },
  sessionId: 's',
  issuedAt,
  accessUntil: issuedAt + 300 * SECOND,
});

test('its token is refused as well', async () => {
  const { effects, published, sessions, interrupt } = setup();
  const now = effects.clock.now();
  await sessions.open(tokens(now), tokens(now).person, 'Firefox');
  const later = tokens(now + 2 * SECOND);
  interrupt(() => sessions.refreshed('s', later));
  await sessions.end('s', 'u', 'user_action');
  expect(published.at(-1)).toMatchObject({ kind: 'session', id: 's', since: later.issuedAt });
  expect(published.at(-1)!.until).toBeGreaterThanOrEqual(later.accessUntil);
});
