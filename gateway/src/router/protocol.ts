/** What a route answers to a request over the wrong protocol, once it has been chosen (Kong: runloop/handler.lua). */
import type { Route } from '@gatehouse/kong-config';

/** An answer instead of the service's. */
export interface ProtocolAnswer {
  readonly status: 301 | 302 | 307 | 308 | 415 | 426;
  /** Text of the error body; null for a redirect, whose Location is `https://` + host + request target as sent. */
  readonly message: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

const httpsNeeded: ProtocolAnswer = {
  status: 426,
  message: 'Please use HTTPS protocol',
  headers: { Connection: 'Upgrade', Upgrade: 'TLS/1.2, HTTP/1.1' },
};
const http2Needed: ProtocolAnswer = {
  status: 426,
  message: 'Please use HTTP2 protocol',
  headers: { Connection: 'Upgrade', Upgrade: 'HTTP/2' },
};
const grpcNeeded: ProtocolAnswer = { status: 415, message: 'Non-gRPC request matched gRPC route', headers: {} };

const redirects = {
  301: { status: 301, message: null, headers: {} },
  302: { status: 302, message: null, headers: {} },
  307: { status: 307, message: null, headers: {} },
  308: { status: 308, message: null, headers: {} },
} as const;

/**
 * Protocols take no part in matching: a route that was chosen but does not speak the request's protocol answers itself.
 * @param scheme the connection's, or X-Forwarded-Proto of a trusted peer
 * @param contentType of the request; counts for gRPC routes only, which HTTP/1.1 can't reach
 * @returns null when the request may go on
 */
export function protocolAnswer(route: Route, scheme: string, contentType?: string): ProtocolAnswer | null {
  const { protocols } = route;
  if (scheme !== 'https' && protocols.includes('https') && !protocols.includes('http')) {
    const status = route.https_redirect_status_code;
    return status === 426 ? httpsNeeded : redirects[status];
  }
  if (!protocols.includes('grpc') && !protocols.includes('grpcs')) return null;
  return contentType?.startsWith('application/grpc') ? http2Needed : grpcNeeded;
}
