/** What became of a request, told to the policies that asked for it in their needs. Times in milliseconds, sizes in bytes. */
import type { HeaderPairs } from './decision.js';

/** Who made the answer: the service, a policy or plugin, or the gateway's own error. */
export type AnswerSource = 'service' | 'policy' | 'gateway';

/** Why the gateway had to answer instead of the service. `timeout` counts connecting, sending and waiting for the head. */
export type UpstreamFailure = 'refused' | 'closed' | 'timeout' | 'unresolved' | 'no-target' | 'invalid';

/** Known as soon as the answer's headers are there. */
export interface HeadOutcome {
  readonly status: number;
  readonly source: AnswerSource;
  /** Null when the service answered or was never asked. */
  readonly failure: UpstreamFailure | null;
  /** From asking the service to its head; null when it was not asked. */
  readonly upstreamMs: number | null;
}

/** The service's answer, kept for policies that need it. */
export interface KeptAnswer {
  readonly headers: HeaderPairs;
  /** Null when it was larger than asked for, or not complete. */
  readonly body: Uint8Array | null;
}

/** Known when the request is over. */
export interface Outcome extends HeadOutcome {
  /** From the first byte of the request to the last of the answer. */
  readonly totalMs: number;
  /** The gateway's own share. */
  readonly gatewayMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The client left before the answer was complete. */
  readonly aborted: boolean;
  /** Null unless some policy needs it and the service answered. */
  readonly answer: KeptAnswer | null;
}
