/** The state of one request between the phases: what plugins see as `Exchange`. */
import type { Consumer, Credential, Route, Service } from '@gatehouse/kong-config';
import { HeaderList } from '../headers.js';
import type { Incoming } from '../http1/incoming.js';
import { BodyTooLarge, type ClientRequest, type Exchange, type PluginInstance, type Try, type UpstreamRequest } from '../plugin.js';
import { type CollectedBody, collectBody, inMemory } from '../proxy/body-spool.js';

/** `timeout` counts connecting, sending and waiting for the head. */
export type UpstreamFailure = 'refused' | 'closed' | 'timeout' | 'unresolved' | 'no-target' | 'invalid';

const READ_MAX = 8 * 1024 * 1024;

export class LiveExchange implements Exchange {
  route: Route | null = null;
  service: Service | null = null;
  uriCaptures: Exchange['uriCaptures'] = null;
  consumer: Consumer | null = null;
  credential: Credential | null = null;
  readonly upstream: UpstreamRequest;
  /** The X-Forwarded lines for the service, made when the route is known: what plugins do to these names later does not count. */
  forwarded = '';
  /** X-Forwarded-Prefix, when the route strips its path. */
  prefix: string | null = null;
  /** Instances whose later phases run for this request. */
  collected: readonly PluginInstance[] | null = null;
  /** Unix ms: when the service was asked, and when its head came. */
  upstreamAskedAt = 0;
  upstreamAnsweredAt = 0;
  /** Why the service gave no answer; null when it gave one or was not asked. */
  upstreamFailure: UpstreamFailure | null = null;
  tries: Try[] | null = null;
  private responseList: HeaderList | null = null;
  private sharedMap: Map<string, unknown> | null = null;
  private localMap: Map<object, unknown> | null = null;
  /** The client's body, once someone asked for all of it. */
  collectedBody: Promise<CollectedBody> | null = null;

  constructor(
    readonly id: string,
    readonly request: ClientRequest,
    readonly incoming: Incoming,
    readonly startedAt: number,
  ) {
    this.upstream = { method: request.method, scheme: 'http', path: '', rawQuery: request.rawQuery, host: null, body: null };
  }

  get responseHeaders(): HeaderList {
    this.responseList ??= new HeaderList();
    return this.responseList;
  }

  /** The same without making one. */
  get pendingHeaders(): HeaderList | null {
    return this.responseList;
  }

  get shared(): Map<string, unknown> {
    this.sharedMap ??= new Map();
    return this.sharedMap;
  }

  get local(): Map<object, unknown> {
    this.localMap ??= new Map();
    return this.localMap;
  }

  readBody(limit = READ_MAX): Promise<Buffer> {
    const { body } = this.upstream;
    if (body) return body.length > limit ? Promise.reject(new BodyTooLarge(limit)) : Promise.resolve(body);
    return this.bodySize(limit).then(async () => inMemory(await this.collectedBody!));
  }

  async bodySize(limit: number): Promise<number> {
    this.collectedBody ??= this.collect(limit);
    const { length } = await this.collectedBody;
    if (length > limit) throw new BodyTooLarge(limit);
    return length;
  }

  /** Frees what was collected; for the end of the request. */
  release(): void {
    this.collectedBody?.then(
      (body) => body.file?.close(),
      () => undefined,
    );
  }

  /** Collects the body once, whoever asks. */
  collect(limit?: number): Promise<CollectedBody> {
    const { body } = this.incoming;
    const ready = body.takeComplete();
    this.collectedBody = ready ? Promise.resolve({ length: ready.length, memory: ready, file: null }) : collectBody(body, limit);
    return this.collectedBody;
  }
}
