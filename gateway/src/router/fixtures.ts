/** Routes, services and requests for tests, whole from the few fields that matter. */
import type { Route, Service } from '@gatehouse/kong-config';
import { HeaderList } from '../headers.js';
import type { RouteFacts } from './types.js';

/** A route with Kong's defaults; its name is its id. */
export function makeRoute(id: string, fields: Partial<Route>): Route {
  return {
    id,
    name: id,
    tags: null,
    service: null,
    protocols: ['http', 'https'],
    hosts: null,
    paths: null,
    methods: null,
    headers: null,
    snis: null,
    sources: null,
    destinations: null,
    https_redirect_status_code: 426,
    regex_priority: 0,
    strip_path: true,
    path_handling: 'v0',
    preserve_host: false,
    request_buffering: true,
    response_buffering: true,
    ...fields,
  };
}

export function makeService(id: string, fields: Partial<Service>): Service {
  return {
    id,
    name: id,
    tags: null,
    protocol: 'http',
    host: 'service.test',
    port: 80,
    path: null,
    retries: 5,
    connect_timeout: 60_000,
    write_timeout: 60_000,
    read_timeout: 60_000,
    enabled: true,
    tls_verify: null,
    tls_verify_depth: null,
    ca_certificates: null,
    client_certificate: null,
    ...fields,
  };
}

/** A plain GET from this machine; `lines` are its header lines. */
export function makeFacts(fields: Partial<RouteFacts>, lines: readonly (readonly [string, string])[] = []): RouteFacts {
  return {
    method: 'GET',
    host: 'kong.test',
    path: '/',
    scheme: 'http',
    headers: HeaderList.from(lines),
    sourceIp: '127.0.0.1',
    sourcePort: 40_000,
    destinationIp: '127.0.0.1',
    destinationPort: 8000,
    ...fields,
  };
}
