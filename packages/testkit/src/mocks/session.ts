import { z } from 'zod';
import type { JsonObject } from '../host/exchange.js';
import { Failure } from '../host/failure.js';
import { type Claims, signHs256, withTimes } from '../tokens.js';

const ACCESS_SECONDS = 3600;
const REFRESH_SECONDS = 30 * 24 * 3600;
const MAX_SESSIONS = 1000;

/** The password of every person whom the mocks know. */
export const mockPassword = 'password';

/** A pair of tokens. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
}

/** Body of a refresh, in both spellings. */
export const refreshSchema = z.object({ refreshToken: z.string().max(4096).optional(), refresh: z.string().max(4096).optional() });

/** Signed-in people of one product: hands out access tokens with its claims and refresh tokens that work once. */
export class Sessions {
  readonly #holders = new Map<string, Claims>();
  #next = 1;

  /** @param now milliseconds since the epoch. */
  constructor(
    private readonly secret: string,
    private readonly now: () => number,
  ) {}

  /** A new pair; the oldest session goes when there are a thousand. */
  open(claims: Claims): TokenPair {
    const jti = `session-${this.#next}`;
    this.#next += 1;
    const refreshToken = signHs256(withTimes({ token_type: 'refresh', jti }, this.now(), REFRESH_SECONDS), this.secret);
    if (this.#holders.size >= MAX_SESSIONS) this.#holders.delete(this.#holders.keys().next().value ?? '');
    this.#holders.set(refreshToken, claims);
    const accessToken = signHs256(withTimes({ ...claims, jti }, this.now(), ACCESS_SECONDS), this.secret);
    return { accessToken, refreshToken, expiresIn: ACCESS_SECONDS };
  }

  /** A new pair for an old refresh token, which is then spent; Failure 401 for an unknown one. */
  refresh(refreshToken: string): TokenPair {
    const claims = this.#holders.get(refreshToken);
    if (claims === undefined) throw new Failure(401, 'Invalid refresh token', 'INVALID_REFRESH_TOKEN');
    this.#holders.delete(refreshToken);
    return this.open(claims);
  }

  /** Ends a session; an unknown token is no fault. */
  close(refreshToken: string): void {
    this.#holders.delete(refreshToken);
  }
}

/** Passwords of people who registered; everyone else has the mock password. */
export class Passwords {
  readonly #known = new Map<string, string>();

  set(name: string, password: string): void {
    if (this.#known.size >= MAX_SESSIONS) this.#known.delete(this.#known.keys().next().value ?? '');
    this.#known.set(name, password);
  }

  fits(name: string, password: string): boolean {
    return password === (this.#known.get(name) ?? mockPassword);
  }
}

/** The wrong name or password: 401. */
export const wrongPassword = (): Failure => new Failure(401, 'Invalid credentials', 'INVALID_CREDENTIALS');

/** Some fields of a thing. */
export function pick(from: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(names.flatMap((name) => (name in from ? [[name, from[name]]] : [])));
}
