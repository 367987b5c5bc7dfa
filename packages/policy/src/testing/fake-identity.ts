import type { Identity } from '../identity.js';

/** Somebody who is signed in: the user `u1`, with nothing but what a test gives. */
export const fakeIdentity = (more: Partial<Identity> = {}): Identity => ({
  via: 'jwt',
  subject: 'u1',
  email: null,
  roles: [],
  permissions: [],
  scopes: [],
  plan: null,
  claims: {},
  tokenId: null,
  sessionId: null,
  expiresAt: null,
  ...more,
});
