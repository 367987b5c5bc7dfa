import { expect, test } from '@jest/globals';
import { CaseTokens } from './case-tokens.js';

test('a client shows the token that it has, not one that was issued since', () => {
  let issued = 0;
  const tokens = new CaseTokens(({ role }) => `${role} ${++issued}`);
  const candidate = { role: 'candidate', claims: { sid: 'kc-1' }, ttl: 60, forged: false };
  expect(tokens.of(candidate)).toBe('candidate 1');
  expect(tokens.of({ ...candidate, claims: { sid: 'kc-1' } })).toBe('candidate 1');
  expect(tokens.of({ ...candidate, claims: { sid: 'kc-2' } })).toBe('candidate 2');
});
