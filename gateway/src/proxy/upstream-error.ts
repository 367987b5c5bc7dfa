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
