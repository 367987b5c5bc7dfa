/** The three forms of a decision. */
import type { ErrorCode } from './errors/codes.js';

/** Header lines in order. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** The request may go on. Absent parts mean "nothing". */
export interface Pass {
  readonly kind: 'pass';
  /** For the service: replaces lines of the same name. */
  readonly setHeaders?: HeaderPairs;
  /** Lower-case names that the service must not see; removed before `setHeaders`. */
  readonly removeHeaders?: readonly string[];
  /** Query parameters that the service must not see (decoded names). */
  readonly stripQuery?: readonly string[];
  /** For the client, on whatever answer is sent: replaces lines of the same name. */
  readonly responseHeaders?: HeaderPairs;
  /** For the client, beside lines of the same name that the service sends (Link, Vary). */
  readonly appendResponseHeaders?: HeaderPairs;
}

/** The request is refused; the body is made from the code by the system's `errors` format. */
export interface Deny {
  readonly kind: 'deny';
  readonly code: ErrorCode;
  /** Default: the code's own. */
  readonly status?: number;
  /** Default: the system's words for the code. Never a host name, never anything of the client's. */
  readonly message?: string;
  readonly headers?: HeaderPairs;
  /** Whole seconds, at least 1: Retry-After and, where the format has a place for it, the body. */
  readonly retryAfter?: number;
  /** More members for formats that may carry them (envelope, problem). */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The gateway answers itself: health, metrics, a replay. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: HeaderPairs;
  readonly body: string | Uint8Array;
}

export type Decision = Pass | Deny | Answer;

/** The decision of a policy that has nothing to add. */
export const PASS: Pass = Object.freeze({ kind: 'pass' });

/** A refusal; `more` overrides what the code implies. */
export function deny(code: ErrorCode, more: Omit<Deny, 'kind' | 'code'> = {}): Deny {
  return { kind: 'deny', code, ...more };
}
