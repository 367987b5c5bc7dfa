/** What clients are told of their limits: the usual X-RateLimit triple, and draft-ietf-httpapi-ratelimit-headers-11 beside it. */
import type { HeaderPairs } from '@gatehouse/policy';
import type { Window } from './window.js';

/** How one window stands after a request. */
export interface Standing {
  readonly window: Window;
  /** More requests that it lets through. */
  readonly remaining: number;
  /** Milliseconds: until it lets one through when it refused, else until its bucket ends. */
  readonly resetMs: number;
}

/** What one stage of limits tells the next: the headers speak of both. */
export interface Told {
  readonly standing: Standing;
  readonly policies: string;
}

/** The window that leaves the least; of equal ones, the one that stays so for longer. */
export function tighter(a: Standing, b: Standing): Standing {
  if (a.remaining !== b.remaining) return a.remaining < b.remaining ? a : b;
  return a.resetMs >= b.resetMs ? a : b;
}

/** @param now Unix milliseconds */
export function limitHeaders({ standing, policies }: Told, now: number): HeaderPairs {
  const { window, remaining, resetMs } = standing;
  return [
    ['X-RateLimit-Limit', window.limitText],
    ['X-RateLimit-Remaining', String(remaining)],
    ['X-RateLimit-Reset', String(Math.ceil((now + resetMs) / 1000))],
    ['RateLimit-Policy', policies],
    ['RateLimit', `"${window.config.name}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`],
  ];
}
