/** A Telegram session: what a refresh token stands for. Pure; where sessions are kept is a store's affair. */
import type { Person } from './person.js';

/** A refresh token that was used, and when (Unix milliseconds). */
export interface Spent {
  readonly generation: number;
  readonly at: number;
}

/** No token stands here: the pair of a generation is signed anew, and comes out the same, wherever it is asked for. */
export interface TelegramSession {
  readonly id: string;
  /** Which refresh token is good now; the first is 1. */
  readonly generation: number;
  readonly person: Person;
  /** Unix milliseconds of the sign-in. */
  readonly startedAt: number;
  /** Unix milliseconds at which the pair of this generation was made. */
  readonly issuedAt: number;
  /** Unix milliseconds at which the refresh token of this generation ends. */
  readonly expiresAt: number;
  /** Refresh tokens spent so lately that they may still be shown again. */
  readonly spent: readonly Spent[];
}

/** Where sessions are kept: in process or on Redis. All reject when their backend is away. */
export interface TelegramSessionStore {
  /** Adds one, kept until it expires. */
  add(session: TelegramSession): Promise<void>;
  /** Null when there is none, or when it expired. */
  get(id: string): Promise<TelegramSession | null>;
  /** Replaces the session by its next generation, atomically; false when it is not the one before any more. */
  advance(next: TelegramSession): Promise<boolean>;
  /** Ends it; one that is gone already is no fault. */
  end(id: string): Promise<void>;
}

/** Times of a session, in milliseconds. */
export interface SessionTimes {
  /** Life of an access token. */
  readonly accessMs: number;
  /** Life of a refresh token that is not used. */
  readonly refreshMs: number;
  /** Longest life of a session. */
  readonly sessionMs: number;
  /** How long a spent refresh token still gives the present pair. */
  readonly graceMs: number;
}

/** Refreshes within one grace time that are remembered; a client needs one. */
const SPENT_MAX = 8;

/** The first generation. */
export function newSession(id: string, person: Person, times: SessionTimes, now: number): TelegramSession {
  const expiresAt = now + Math.min(times.refreshMs, times.sessionMs);
  return { id, generation: 1, person, startedAt: now, issuedAt: now, expiresAt, spent: [] };
}

/** The next generation; its refresh token never outlives the session's longest life. */
export function nextGeneration(session: TelegramSession, person: Person, times: SessionTimes, now: number): TelegramSession {
  const { id, generation, startedAt, spent } = session;
  const lately = spent.filter(({ at }) => now - at <= times.graceMs).slice(1 - SPENT_MAX);
  const expiresAt = Math.min(now + times.refreshMs, startedAt + times.sessionMs);
  const all = [...lately, { generation, at: now }];
  return { id, generation: generation + 1, person, startedAt, issuedAt: now, expiresAt, spent: all };
}

/**
 * What a refresh token is to a session: `current`, `graced` (spent lately: somebody else's refresh, or an answer that got lost),
 * `reused` (spent long ago: it was stolen, or its successor was) or `unknown` (never handed out by this session).
 */
export function standing(session: TelegramSession, generation: number, graceMs: number, now: number): Standing {
  if (generation === session.generation) return 'current';
  if (generation > session.generation) return 'unknown';
  const spent = session.spent.find((one) => one.generation === generation);
  return spent && now - spent.at <= graceMs ? 'graced' : 'reused';
}

export type Standing = 'current' | 'graced' | 'reused' | 'unknown';
