import { type TokenAlgorithm, token } from '../tokens.js';
import type { Contestant, Exam, Scenario } from '../types.js';
import { redis, service } from './backends.js';
import { exam, examWith, permissions, protectedGatehouse } from './protected.js';

/** Users that come in turn, each with a token of their own. */
const users = 2000;
/** So few are remembered that a token is forgotten long before its next turn. */
const tooFew = 200;
const enough = 10_000;

const made = new Map<TokenAlgorithm, Partial<Exam>>();

/** Signing takes seconds: once, and only when this scenario runs. */
function examOf(algorithm: TokenAlgorithm): Partial<Exam> {
  const known = made.get(algorithm) ?? examWith(Array.from({ length: users }, (_none, user) => token(algorithm, `u-${user}`, permissions)));
  made.set(algorithm, known);
  return known;
}

function contestant(name: string, title: string, algorithm: TokenAlgorithm, cacheSize: number): Contestant {
  return {
    ...protectedGatehouse(name, title, cacheSize),
    get exam() {
      return examOf(algorithm);
    },
  };
}

/** What does a token cost that was not seen before? */
export const freshTokens: Scenario = {
  name: 'fresh-tokens',
  title: 'Tokens not seen before',
  purpose:
    `The protected route, asked by ${users} users in turn, each with a token of their own (RS256: 2048 bits). ` +
    `“Seen”: all tokens are remembered; “fresh”: only ${tooFew}, so that none is remembered until its next turn.`,
  backends: [service, redis],
  contestants: [
    contestant('hs256-seen', 'Gatehouse, HS256 seen', 'HS256', enough),
    contestant('hs256-fresh', 'Gatehouse, HS256 fresh', 'HS256', tooFew),
    contestant('rs256-seen', 'Gatehouse, RS256 seen', 'RS256', enough),
    contestant('rs256-fresh', 'Gatehouse, RS256 fresh', 'RS256', tooFew),
  ],
  exam,
  bars: [
    { subject: 'hs256-fresh', over: 'hs256-seen', atMost: 120, unit: 'µs', kind: 'bar' },
    { subject: 'rs256-fresh', over: 'rs256-seen', atMost: 170, unit: 'µs', kind: 'bar' },
  ],
};
