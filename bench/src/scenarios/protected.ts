/** The protected route: what both scenarios of it have in common. */
import { publicKey, secret, token } from '../tokens.js';
import type { Contestant, Exam, Refusal } from '../types.js';
import { body } from './backends.js';
import { gatehouse } from './peers.js';

export const permissions = ['orders:read', 'orders:write'];
const accept = { Accept: 'application/json' };
const signedIn = (text: string): Readonly<Record<string, string>> => ({ ...accept, Authorization: `Bearer ${text}` });

const strangers: readonly Refusal[] = [
  { who: 'a request without a token', headers: accept, status: 401 },
  { who: 'a forged token', headers: signedIn(token('HS256', 'u-1', permissions, 'another secret')), status: 401 },
];

/** For those who look at permissions as well. */
export const refusals: readonly Refusal[] = [
  ...strangers,
  { who: 'a token without the permission', headers: signedIn(token('HS256', 'u-2', ['orders:write'])), status: 403 },
];

/** Somebody signed in reads. */
export const exam: Exam = {
  path: '/orders/42?fields=all',
  headers: signedIn(token('HS256', 'u-1', permissions)),
  status: 200,
  body,
  refusals: strangers,
};

/** The exam with other tokens: each request brings the next one. */
export function examWith(tokens: readonly string[]): Partial<Exam> {
  return { headers: accept, cycle: { header: 'Authorization', values: tokens.map((each) => `Bearer ${each}`) }, refusals };
}

/** Gatehouse with jwt-auth, permissions and redis-rate-limit, remembering so many tokens. */
export function protectedGatehouse(name: string, title: string, cacheSize: number): Contestant {
  return {
    ...gatehouse(name, title, 'protected.yml'),
    values: { CACHE_SIZE: String(cacheSize) },
    get env() {
      return { REDIS_URL: 'redis://127.0.0.1:__REDIS_PORT__', BENCH_JWT_SECRET: secret, BENCH_JWT_PUBLIC_KEY: publicKey() };
    },
    exam: { refusals },
  };
}
