/** A request as the gateway's policies see it, so that the sidecar can ask them too. */
import { randomUUID } from 'node:crypto';
import { BodyUnreadableError, type Facts, type HeaderSize, traceIdOf } from '@gatehouse/policy';
import type { Request } from 'express';
import { pathOf } from './error-handler.js';

/** Facts of a request to the sidecar. Bodies belong to the routes: a policy that asks for one gets a refusal. */
export class RequestFacts implements Facts {
  /** The gateway's, which has checked it; else one of our own. */
  readonly requestId: string;
  readonly route = null;
  readonly service = null;

  constructor(
    private readonly request: Request,
    readonly system: string,
    readonly startedAt: number,
  ) {
    this.requestId = request.get('x-request-id')?.slice(0, 128) || randomUUID();
  }

  get traceId(): string | null {
    return traceIdOf(this.header('traceparent'));
  }
  get method(): string {
    return this.request.method;
  }
  get scheme(): 'http' | 'https' {
    return this.request.secure ? 'https' : 'http';
  }
  get host(): string {
    return (this.header('host') ?? '').replace(/:\d+$/, '').toLowerCase();
  }
  get path(): string {
    return pathOf(this.request);
  }
  get rawPath(): string {
    return pathOf(this.request);
  }
  get rawQuery(): string {
    const at = this.request.originalUrl.indexOf('?');
    return at < 0 ? '' : this.request.originalUrl.slice(at + 1);
  }
  get clientIp(): string {
    return this.request.socket.remoteAddress ?? '';
  }
  get contentLength(): number | null {
    const length = this.header('content-length');
    return length === undefined ? null : Number(length);
  }
  get hasBody(): boolean {
    return this.header('transfer-encoding') !== undefined || (this.contentLength ?? 0) > 0;
  }

  header(name: string): string | undefined {
    return this.headerValues(name)[0];
  }

  headerValues(name: string): readonly string[] {
    return this.request.headersDistinct[name] ?? [];
  }

  headerSize(): HeaderSize {
    const { rawHeaders } = this.request;
    const lengths = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [name.length + (rawHeaders[i + 1]?.length ?? 0)] : []));
    return { lines: lengths.length, total: lengths.reduce((sum, length) => sum + length, 0), longest: Math.max(0, ...lengths) };
  }

  capture(): undefined {
    return undefined;
  }

  async body(): Promise<never> {
    throw new BodyUnreadableError(400);
  }

  async bodySize(): Promise<never> {
    throw new BodyUnreadableError(400);
  }

  clientCertificate(): null {
    return null;
  }
}
