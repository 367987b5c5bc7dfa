/** What the router is asked and what it answers. All strings of a request hold one byte per character (latin1). */
import type { Route, Service } from '@gatehouse/kong-config';
import type { HeaderList } from '../headers.js';

/** What may decide which route takes a request. */
export interface RouteFacts {
  /** As sent; case counts. */
  readonly method: string;
  /** The Host header as sent, port and case kept; empty when there was none. An absolute request target does not count. */
  readonly host: string;
  /** From `normalizePath`. */
  readonly path: string;
  /** Of the connection, not of X-Forwarded-Proto. */
  readonly scheme: 'http' | 'https';
  readonly headers: HeaderList;
  /** The server name of the TLS handshake. */
  readonly sni?: string | undefined;
  readonly sourceIp: string;
  readonly sourcePort: number;
  readonly destinationIp: string;
  readonly destinationPort: number;
}

/** Groups of the regular expression that matched the path. A group that took no part is '' or, by name, absent. */
export interface UriCaptures {
  /** By number: 0 is the whole match, groups count from 1. */
  readonly unnamed: readonly string[];
  readonly named: Readonly<Record<string, string>>;
}

export interface RouteMatch {
  readonly route: Route;
  /** Null for a route without a service, which Kong answers with 503. */
  readonly service: Service | null;
  /** Path for the service: joined with the service's own, without query, not yet percent-encoded for sending. */
  readonly upstreamUri: string;
  /** X-Forwarded-Prefix: the part of the path that was stripped; null when nothing was, or only `/`. */
  readonly prefix: string | null;
  /** Null when no regular expression with groups matched. */
  readonly captures: UriCaptures | null;
}

/** One condition of a route that can't be used. */
export interface RouteFault {
  readonly route: Route;
  /** Below the route, such as `paths[0]` or `headers.x-version[1]`. */
  readonly field: string;
  readonly message: string;
}

/** The table can't be built; names every fault in it. */
export class RouterError extends Error {
  readonly code = 'ROUTE_INVALID';

  constructor(readonly faults: readonly RouteFault[]) {
    super(faults.map(({ route, field, message }) => `route ${route.name ?? route.id}: ${field}: ${message}`).join('\n'));
    this.name = 'RouterError';
  }
}
