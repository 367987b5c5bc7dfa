import type { UpstreamFailure } from '../phases/exchange.js';

/** How asking a service can fail. */

export type UpstreamErrorKind = 'connect' | 'connect_timeout' | 'send_timeout' | 'read_timeout' | 'closed' | 'invalid' | 'tls';

/** Asking a service failed. `kind` says how; nothing of it reaches a client. */
export class UpstreamError extends Error {
  readonly code = 'UPSTREAM_FAILED';
  constructor(
    readonly kind: UpstreamErrorKind,
    message: string,
  ) {
    super(message);
  }

  get timedOut(): boolean {
    return this.kind === 'connect_timeout' || this.kind === 'send_timeout' || this.kind === 'read_timeout';
  }
}

/** What policies and logs call it. */
export function failureOf(error: UpstreamError): UpstreamFailure {
  if (error.timedOut) return 'timeout';
  if (error.kind === 'invalid') return 'invalid';
  return error.kind === 'connect' || error.kind === 'tls' ? 'refused' : 'closed';
}
