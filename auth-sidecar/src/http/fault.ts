/** Why a request is refused: the sidecar's one error on the way to a client. */
import { type Deny, deny, type ErrorCode } from '@gatehouse/policy';

/** Thrown by handlers; the error handler renders it in the form of the path's system. `message` is shown to the client. */
export class HttpFault extends Error {
  readonly code = 'HTTP_FAULT';
  readonly denial: Deny;

  /**
   * @param reason decides status, words and challenge
   * @param more what differs from what the reason implies
   * @param why for the log alone
   */
  constructor(
    readonly reason: ErrorCode,
    more: Omit<Deny, 'kind' | 'code'> = {},
    readonly why: string = '',
  ) {
    super(more.message ?? reason);
    this.name = 'HttpFault';
    this.denial = deny(reason, more);
  }
}

/** A backend that is needed is away: nothing was decided, the client may ask again. */
export const unavailable = (why: string, retryAfter = 1): HttpFault => new HttpFault('service_unavailable', { retryAfter }, why);
/** The request is not what this path takes. */
export const badRequest = (message: string, why = message): HttpFault => new HttpFault('bad_request', { message }, why);

const AWAY: readonly unknown[] = ['REDIS_AWAY', 'REDIS_DEADLINE'];

/** Whether something failed only because a backend is away: the same may work later. */
export function isAway(error: unknown): boolean {
  return error instanceof HttpFault ? error.reason === 'service_unavailable' : AWAY.includes((error as { code?: unknown } | null)?.code);
}
