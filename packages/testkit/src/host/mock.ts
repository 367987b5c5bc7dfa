import type { Secrets } from '../tokens.js';
import type { CannedReplies } from './canned.js';
import type { Exchange } from './exchange.js';
import type { Failure } from './failure.js';
import type { Reply } from './reply.js';
import type { Routes } from './router.js';

/** What a mock may use of the world. */
export interface MockEnvironment {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** With which the systems' own services sign their tokens. */
  readonly secrets: Secrets;
  /** Replies that a person can edit, by service (healthpay). */
  readonly canned: (service: string) => CannedReplies;
}

/** How a system prints an error of its services. */
export type FailureForm = (failure: Failure, exchange: Exchange, now: number) => Reply;

/** One service of a product, played. */
export interface Mock {
  readonly routes: Routes;
  /** The body of `GET /health`. */
  readonly health: () => unknown;
  readonly failure: FailureForm;
  /** Asked when no route fits; undefined is the usual 404 or 405. */
  readonly fallback?: (exchange: Exchange) => Reply | undefined;
}

/** Plays all services of one product, which may share state: service name → mock. */
export type MockSystem = (environment: MockEnvironment) => Readonly<Record<string, Mock>>;
