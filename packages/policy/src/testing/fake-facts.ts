import { BodyTooLargeError, type ClientCertificate, type Facts, type HeaderSize } from '../facts.js';
import { traceIdOf } from '../http/trace.js';

/** A request as a test writes it; everything has a default. */
export interface FakeRequest {
  method?: string;
  /** Path with query. */
  url?: string;
  /** Names in any case; a list is several lines. */
  headers?: Readonly<Record<string, string | readonly string[]>>;
  body?: string | Uint8Array;
  /** No Content-Length is known. */
  chunked?: boolean;
  clientIp?: string;
  scheme?: 'http' | 'https';
  host?: string;
  system?: string;
  route?: string | null;
  service?: string | null;
  captures?: Readonly<Record<string, string>>;
  requestId?: string;
  certificate?: ClientCertificate;
  startedAt?: number;
}

function headerTable(headers: FakeRequest['headers']): Map<string, readonly string[]> {
  const lines = Object.entries(headers ?? {});
  return new Map(lines.map(([name, value]) => [name.toLowerCase(), typeof value === 'string' ? [value] : value]));
}

function sizeOf(headers: ReadonlyMap<string, readonly string[]>): HeaderSize {
  const lengths = [...headers].flatMap(([name, values]) => values.map((value) => name.length + value.length));
  return { lines: lengths.length, total: lengths.reduce((sum, length) => sum + length, 0), longest: Math.max(0, ...lengths) };
}

/** Facts of a made-up request. */
export function fakeFacts(request: FakeRequest = {}): Facts {
  const [rawPath = '/', ...query] = (request.url ?? '/').split('?');
  const headers = headerTable(request.headers);
  const body = Buffer.from(request.body ?? '');
  const bounded = async (limit: number): Promise<Buffer> => {
    if (body.length > limit) throw new BodyTooLargeError(limit);
    return body;
  };
  return {
    requestId: request.requestId ?? 'a'.repeat(32),
    traceId: traceIdOf(headers.get('traceparent')?.[0]),
    startedAt: request.startedAt ?? 1_800_000_000_000,
    system: request.system ?? 'gongbu',
    route: request.route === undefined ? 'test-route' : request.route,
    service: request.service === undefined ? 'test-service' : request.service,
    method: request.method ?? 'GET',
    scheme: request.scheme ?? 'http',
    host: request.host ?? 'test.localhost',
    path: rawPath,
    rawPath,
    rawQuery: query.join('?'),
    clientIp: request.clientIp ?? '203.0.113.7',
    contentLength: request.body === undefined || request.chunked ? null : body.length,
    hasBody: request.body !== undefined,
    header: (name) => headers.get(name)?.[0],
    headerValues: (name) => headers.get(name) ?? [],
    headerSize: () => sizeOf(headers),
    capture: (name) => request.captures?.[name],
    body: bounded,
    bodySize: async (limit) => (await bounded(limit)).length,
    clientCertificate: () => request.certificate ?? null,
  };
}
