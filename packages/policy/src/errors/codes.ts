/** Every reason for which the gateway refuses or fails a request: its status, its public name and its default words. */

interface CodeSpec {
  readonly status: number;
  /** For formats that carry a code. Several reasons share one where a client needs no more. */
  readonly name: string;
  readonly message: string;
  /** RFC 6750 section 3.1, for WWW-Authenticate. */
  readonly bearer?: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
  /** `error_description` beside it. */
  readonly hint?: string;
}

const table = {
  bad_request: { status: 400, name: 'BAD_REQUEST', message: 'Bad request' },
  request_refused: { status: 400, name: 'BAD_REQUEST', message: 'Request refused' },
  token_missing: { status: 401, name: 'UNAUTHORIZED', message: 'Authentication required' },
  token_invalid: {
    status: 401,
    name: 'UNAUTHORIZED',
    message: 'Invalid token',
    bearer: 'invalid_token',
    hint: 'The token is malformed, badly signed or not meant for here',
  },
  token_expired: { status: 401, name: 'TOKEN_EXPIRED', message: 'Token expired', bearer: 'invalid_token', hint: 'The token expired' },
  token_revoked: { status: 401, name: 'UNAUTHORIZED', message: 'Invalid token', bearer: 'invalid_token', hint: 'The token was revoked' },
  key_invalid: { status: 401, name: 'UNAUTHORIZED', message: 'Invalid API key' },
  signature_invalid: { status: 401, name: 'INVALID_SIGNATURE', message: 'Invalid signature' },
  forbidden: { status: 403, name: 'FORBIDDEN', message: 'Forbidden' },
  scope_missing: {
    status: 403,
    name: 'FORBIDDEN',
    message: 'Forbidden',
    bearer: 'insufficient_scope',
    hint: 'The token lacks a scope that this request needs',
  },
  not_found: { status: 404, name: 'NOT_FOUND', message: 'Not found' },
  method_not_allowed: { status: 405, name: 'METHOD_NOT_ALLOWED', message: 'Method not allowed' },
  request_timeout: { status: 408, name: 'REQUEST_TIMEOUT', message: 'Request timeout' },
  conflict: { status: 409, name: 'CONFLICT', message: 'Conflict' },
  gone: { status: 410, name: 'GONE', message: 'Gone' },
  length_required: { status: 411, name: 'LENGTH_REQUIRED', message: 'Length required' },
  precondition_failed: { status: 412, name: 'PRECONDITION_FAILED', message: 'Precondition failed' },
  payload_too_large: { status: 413, name: 'PAYLOAD_TOO_LARGE', message: 'Payload too large' },
  uri_too_long: { status: 414, name: 'URI_TOO_LONG', message: 'URI too long' },
  unsupported_media_type: { status: 415, name: 'UNSUPPORTED_MEDIA_TYPE', message: 'Unsupported media type' },
  expectation_failed: { status: 417, name: 'EXPECTATION_FAILED', message: 'Expectation failed' },
  unprocessable: { status: 422, name: 'UNPROCESSABLE', message: 'Unprocessable content' },
  https_required: { status: 426, name: 'HTTPS_REQUIRED', message: 'Please use HTTPS' },
  rate_limited: { status: 429, name: 'RATE_LIMIT_EXCEEDED', message: 'Too many requests' },
  headers_too_large: { status: 431, name: 'HEADERS_TOO_LARGE', message: 'Request header fields too large' },
  internal: { status: 500, name: 'INTERNAL_ERROR', message: 'Internal server error' },
  not_implemented: { status: 501, name: 'NOT_IMPLEMENTED', message: 'Not implemented' },
  bad_gateway: { status: 502, name: 'BAD_GATEWAY', message: 'Bad gateway' },
  service_unavailable: { status: 503, name: 'SERVICE_UNAVAILABLE', message: 'Service unavailable' },
  circuit_open: { status: 503, name: 'SERVICE_UNAVAILABLE', message: 'Service temporarily unavailable' },
  undecided: { status: 503, name: 'SERVICE_UNAVAILABLE', message: 'Service unavailable' },
  gateway_timeout: { status: 504, name: 'GATEWAY_TIMEOUT', message: 'Gateway timeout' },
  version_not_supported: { status: 505, name: 'HTTP_VERSION_NOT_SUPPORTED', message: 'HTTP version not supported' },
} as const satisfies Record<string, CodeSpec>;

export type ErrorCode = keyof typeof table;

/** The table of reasons. */
export const errorCodes: Readonly<Record<ErrorCode, CodeSpec>> = table;

const byStatus = new Map<number, ErrorCode>([[494, 'headers_too_large']]);
for (const code of Object.keys(table) as ErrorCode[]) {
  const { status } = table[code];
  if (!byStatus.has(status)) byStatus.set(status, code);
}

/** The reason that stands for a bare status: for errors that Kong, nginx or the plane make themselves. */
export function codeForStatus(status: number): ErrorCode {
  return byStatus.get(status) ?? (status >= 500 ? 'internal' : 'bad_request');
}
