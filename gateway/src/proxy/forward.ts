/** Asks the service of one request: picks a target, sends, retries by nginx's rules, streams the answer back with back-pressure. */
import type tls from 'node:tls';
import { type Balancer, type Peer, PICK_ERRORS, type PickFacts, type PickResult } from '../balancer/index.js';
import type { HeaderList } from '../headers.js';
import type { LiveExchange } from '../phases/exchange.js';
import type { Try } from '../plugin.js';
import type { RetryOn } from '../settings.js';
import type { CollectedBody } from './body-spool.js';
import { streamed } from './memory-valve.js';
import { formatRequestHead, trailersWanted, wantsWebSocket } from './request-head.js';
import type { RequestStream } from './request-stream.js';
import { clientHeaders } from './response-headers.js';
import type { ResponseStart } from './response-parser.js';
import type { Endpoint, Timeouts, UpstreamConnection, UpstreamSink } from './upstream-connection.js';
import { failureOf, type UpstreamError } from './upstream-error.js';
import type { UpstreamPool } from './upstream-pool.js';

/** What the forwarder tells the run loop; exactly one of `answered`, `failed`, `upgraded` ends the asking. */
export interface ForwardOwner {
  /** The head is here; the owner runs header filters and starts the reply. Returns how the body goes on. */
  answered(start: ResponseStart, headers: HeaderList): void;
  data(chunk: Buffer): boolean;
  /** What is held of the body goes on; false: the client is slower, wait. */
  passOn(): boolean;
  ended(): void;
  /** Nothing was answered yet: the status to answer, by nginx's rules. `message`: Kong's words, where it has some. */
  failed(status: number, message: string | null): void;
  /** The answer was cut while it was sent. `broken`: by its own framing. */
  cut(broken: boolean): void;
  upgraded(headers: HeaderList, connection: UpstreamConnection): void;
  /** Something of ours threw. */
  crashed(error: unknown): void;
}

export interface ForwardDeps {
  readonly balancer: Balancer;
  readonly pool: UpstreamPool;
  readonly retryOn: RetryOn;
  /** TLS options towards a service, for its Host. */
  tlsFor(exchange: LiveExchange, host: string): tls.ConnectionOptions;
  now(): number;
}

/** Methods that nginx never sends twice once they have left (proxy_next_upstream without non_idempotent). */
const NON_IDEMPOTENT = new Set(['POST', 'LOCK', 'PATCH']);

/** The request's body as it goes out: none, collected, or still arriving. */
export type OutgoingBody = { kind: 'none' } | { kind: 'collected'; body: CollectedBody } | { kind: 'stream'; stream: RequestStream };

export class Forward implements UpstreamSink {
  private readonly tried: Peer[] = [];
  private peer: Peer | null = null;
  private asked: Try | null = null;
  private connection: UpstreamConnection | null = null;
  private triesLeft: number;
  /** What the last failed try would be answered with. */
  private lastStatus: 502 | 504 | null = null;
  /** A hash cookie that the answer carries. */
  private setCookie: string | null = null;
  /** A kept-alive connection failed: the next try gets a new one, or a request that kills connections would go through all of them. */
  private fresh = false;
  private answering = false;
  private done = false;
  private readonly timeouts: Timeouts;

  constructor(
    private readonly exchange: LiveExchange,
    private readonly body: OutgoingBody,
    private readonly facts: PickFacts,
    private readonly owner: ForwardOwner,
    private readonly deps: ForwardDeps,
  ) {
    const service = exchange.service!;
    this.triesLeft = service.retries + 1;
    this.timeouts = { connect: service.connect_timeout, send: service.write_timeout, read: service.read_timeout };
  }

  /** Begins; the owner hears the rest. */
  start(): void {
    const service = this.exchange.service!;
    const picked = this.deps.balancer.pick(service.host, service.port, this.facts, this.tried);
    if (picked instanceof Promise) {
      picked
        .then(
          (result) => this.picked(result),
          () => this.fail(503, 'name resolution failed'),
        )
        .catch((error) => this.crashed(error));
      return;
    }
    this.picked(picked);
  }

  /** The client left: the service sees its connection close. */
  cancel(): void {
    if (this.done) return;
    this.settle();
    this.connection?.cancel();
  }

  /** The client takes more again. */
  resume(): void {
    if (!this.done) this.connection?.resume();
  }

  get address(): string | null {
    return this.peer ? `${this.peer.ip}:${this.peer.port}` : null;
  }

  private picked(result: PickResult): void {
    if (this.done) return;
    if ('error' in result) {
      // A retry that finds no peer answers as the try before it failed.
      if (this.lastStatus !== null) return this.fail(this.lastStatus, null);
      this.exchange.upstreamFailure = result.error === 'name_unresolved' ? 'unresolved' : 'no-target';
      const { status, message } = PICK_ERRORS[result.error];
      return this.fail(status, message);
    }
    this.setCookie = result.setCookie ?? null;
    this.peer = result.peer;
    this.tried.push(result.peer);
    this.deps.balancer.started(result.peer);
    this.send(result.peer);
  }

  private send(peer: Peer): void {
    const { exchange } = this;
    this.triesLeft--;
    const https = exchange.upstream.scheme === 'https';
    const host = exchange.upstream.host ?? (https ? peer.tlsHost : peer.host);
    const options = https ? this.deps.tlsFor(exchange, host) : null;
    const key = options ? `${peer.ip}|${peer.port}|${host}|${exchange.service!.id}` : `${peer.ip}|${peer.port}`;
    const endpoint: Endpoint = { key, ip: peer.ip, port: peer.port, tls: options };
    const connection = this.deps.pool.acquire(endpoint, this.fresh);
    this.connection = connection;
    const now = this.deps.now();
    exchange.upstreamAskedAt ||= now;
    this.asked = { ip: peer.ip, port: peer.port, startedAt: now, failed: null };
    exchange.tries ??= [];
    exchange.tries.push(this.asked);
    const isHead = exchange.upstream.method === 'HEAD';
    const { body } = this;
    if (body.kind === 'none') {
      const length = exchange.request.headers.has('content-length') ? 0 : undefined;
      connection.request(this, formatRequestHead(exchange, host, length), null, false, isHead, this.timeouts);
      return;
    }
    if (body.kind === 'collected') {
      const head = formatRequestHead(exchange, host, body.body.length);
      const { memory, file } = body.body;
      connection.request(this, head, memory, file !== null, isHead, this.timeouts);
      return;
    }
    connection.request(this, formatRequestHead(exchange, host, body.stream.length), null, true, isHead, this.timeouts);
  }

  private sendFile(connection: UpstreamConnection, stream: NodeJS.ReadableStream): void {
    this.fileStream = stream;
    stream.on('data', (chunk) => {
      streamed(chunk.length);
      if (!connection.write(chunk as Buffer)) stream.pause();
    });
    stream.on('end', () => connection.endBody(''));
    stream.on('error', () => this.fileBroke(connection));
  }

  private fileStream: NodeJS.ReadableStream | null = null;

  /** The collected body can't be read any more: a fault of ours, which no other target mends. */
  private fileBroke(connection: UpstreamConnection): void {
    if (this.done) return;
    connection.cancel();
    if (!this.answering) return this.fail(500, 'An unexpected error occurred');
    this.settle();
    this.owner.cut(false);
  }

  ready(): void {
    const { body } = this;
    if (body.kind === 'stream') body.stream.attach(this.connection!);
    else if (body.kind === 'collected' && body.body.file) this.sendFile(this.connection!, body.body.file.read());
  }

  drain(): void {
    this.fileStream?.resume();
    if (this.body.kind === 'stream') this.body.stream.drain();
  }

  head(start: ResponseStart): void {
    this.exchange.upstreamAnsweredAt = this.deps.now();
    this.exchange.upstreamFailure = null;
    this.answering = true;
    if (start.status === 101) {
      this.switchProtocols(start);
      return;
    }
    this.deps.balancer.reportStatus(this.peer!, start.status);
    const headers = clientHeaders(start, wantsWebSocket(this.exchange), trailersWanted(this.exchange.request.headers));
    if (this.setCookie) headers.add('Set-Cookie', this.setCookie);
    this.owner.answered(start, headers);
  }

  private switchProtocols(start: ResponseStart): void {
    if (!wantsWebSocket(this.exchange)) {
      this.connection!.cancel();
      this.answering = false;
      this.fail(502, null);
      return;
    }
    const headers = clientHeaders(start, true, false);
    this.deps.balancer.reportStatus(this.peer!, 101);
    this.settle();
    this.owner.upgraded(headers, this.connection!);
  }

  data(chunk: Buffer): void {
    if (!this.owner.data(chunk)) this.connection?.pause();
  }

  passOn(): void {
    if (!this.owner.passOn()) this.connection?.pause();
  }

  end(): void {
    this.settle();
    this.owner.ended();
  }

  error(error: UpstreamError): void {
    if (this.done) return;
    this.stopSending();
    if (this.answering) {
      this.settle();
      this.owner.cut(error.kind === 'invalid');
      return;
    }
    this.lastStatus = error.timedOut ? 504 : 502;
    if (this.asked) this.asked.failed = this.lastStatus;
    this.exchange.upstreamFailure = failureOf(error);
    if (!this.mayRetry(error)) {
      // Kong counts a TCP failure or time-out only for a try that another one follows; of the last one it reports the status.
      if (this.peer) this.deps.balancer.reportStatus(this.peer, this.lastStatus);
      this.fail(this.lastStatus, null);
      return;
    }
    const failed = this.peer;
    this.finishPeer();
    this.start();
    // Counted after the next choice: in Kong the news comes a moment later, so a last target is asked once more.
    if (failed && error.timedOut) this.deps.balancer.reportTimeout(failed);
    else if (failed) this.deps.balancer.reportTcpFailure(failed);
  }

  crashed(error: unknown): void {
    this.settle();
    this.owner.crashed(error);
  }

  /** A try is over; the time counts where there was an answer. */
  private finishPeer(): void {
    if (!this.peer) return;
    const { upstreamAskedAt, upstreamAnsweredAt } = this.exchange;
    if (this.answering) this.deps.balancer.finished(this.peer, upstreamAnsweredAt - upstreamAskedAt);
    else this.deps.balancer.finished(this.peer);
    this.peer = null;
  }

  private mayRetry(error: UpstreamError): boolean {
    // A kept-alive connection that the service closed meanwhile costs no try, as in nginx.
    if (error.kind === 'closed' && this.connection?.reused) {
      this.fresh = true;
      this.triesLeft++;
    }
    if (this.triesLeft <= 0 || error.kind === 'invalid') return false;
    if (!(error.timedOut ? this.deps.retryOn.timeout : this.deps.retryOn.error)) return false;
    if (!this.connection?.sent) return this.body.kind !== 'stream' || this.body.stream.rewindable;
    return this.body.kind !== 'stream' && !NON_IDEMPOTENT.has(this.exchange.upstream.method);
  }

  private fail(status: number, message: string | null): void {
    this.settle();
    this.owner.failed(status, message);
  }

  private stopSending(): void {
    this.fileStream?.removeAllListeners('data');
    (this.fileStream as { destroy?: () => void } | null)?.destroy?.();
    this.fileStream = null;
    if (this.body.kind === 'stream') this.body.stream.detach();
  }

  private settle(): void {
    if (this.done) return;
    this.done = true;
    this.stopSending();
    if (this.body.kind === 'collected') this.body.body.file?.close();
    this.finishPeer();
  }
}
