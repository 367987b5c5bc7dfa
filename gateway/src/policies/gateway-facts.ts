/** What policies may know of a request on the embedded plane: read from the exchange when asked for, nothing before. */
import { BodyTooLargeError, BodyUnreadableError, type ClientCertificate, type Facts, type HeaderSize, traceIdOf } from '@gatehouse/policy';
import { BodyFault } from '../http1/request-body.js';
import type { LiveExchange } from '../phases/exchange.js';
import { BodyTooLarge } from '../plugin.js';

/** The plane's faults of a body in the policies' terms; a client that is gone counts as one that was too slow. */
function bodyError(error: unknown): unknown {
  if (error instanceof BodyTooLarge) return new BodyTooLargeError(error.limit);
  if (error instanceof BodyFault) return new BodyUnreadableError(error.status ?? 408);
  return error;
}

export class GatewayFacts implements Facts {
  constructor(
    private readonly exchange: LiveExchange,
    readonly system: string,
  ) {}

  get requestId(): string {
    return this.exchange.id;
  }
  get traceId(): string | null {
    return traceIdOf(this.exchange.request.headers.get('traceparent'));
  }
  get startedAt(): number {
    return this.exchange.startedAt;
  }
  get route(): string | null {
    return this.exchange.route?.name ?? null;
  }
  get service(): string | null {
    return this.exchange.service?.name ?? null;
  }
  get method(): string {
    return this.exchange.request.method;
  }
  get scheme(): 'http' | 'https' {
    return this.exchange.request.scheme;
  }
  get host(): string {
    return this.exchange.request.host;
  }
  get path(): string {
    return this.exchange.request.path;
  }
  get rawPath(): string {
    return this.exchange.request.rawPath;
  }
  get rawQuery(): string {
    return this.exchange.request.rawQuery;
  }
  get clientIp(): string {
    return this.exchange.request.clientIp;
  }
  get contentLength(): number | null {
    return this.exchange.request.contentLength;
  }
  get hasBody(): boolean {
    return this.exchange.request.hasBody;
  }

  header(name: string): string | undefined {
    return this.exchange.request.headers.get(name);
  }

  headerValues(name: string): readonly string[] {
    return this.exchange.request.headers.getAll(name);
  }

  headerSize(): HeaderSize {
    const { names, values } = this.exchange.request.headers;
    let total = 0;
    let longest = 0;
    for (let i = 0; i < names.length; i++) {
      const bytes = names[i]!.length + values[i]!.length;
      total += bytes;
      if (bytes > longest) longest = bytes;
    }
    return { lines: names.length, total, longest };
  }

  capture(name: string): string | undefined {
    return this.exchange.uriCaptures?.named[name];
  }

  async body(limit: number): Promise<Uint8Array> {
    try {
      return await this.exchange.readBody(limit);
    } catch (error) {
      throw bodyError(error);
    }
  }

  async bodySize(limit: number): Promise<number> {
    try {
      return await this.exchange.bodySize(limit);
    } catch (error) {
      throw bodyError(error);
    }
  }

  /** The listener asks for none. */
  clientCertificate(): ClientCertificate | null {
    return null;
  }
}
