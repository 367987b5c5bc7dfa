/** One client connection that speaks HTTP/2: each stream is a request, within limits of number, size, time and nonsense. */
import http2 from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { HeadFault, type RequestHead } from '../http1/head-parser.js';
import type { ClientConnection, ConnectionFacts, ConnectionHandler } from '../http1/incoming.js';
import type { HttpLimits } from '../http1/limits.js';
import { Http2Exchange } from './http2-exchange.js';
import { headOf } from './request-head.js';

const NEVER = Number.POSITIVE_INFINITY;
const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR } = http2.constants;
/** Milliseconds that a client gets to use its connection once more while the gateway drains: a request may be on its way. */
const LAST_CALL_MS = 500;
const LAST_STREAM_ID = 2 ** 31 - 1;
/** PINGs, SETTINGS and the like are counted over so long. */
const CONTROL_WINDOW_MS = 10_000;
/** What is neither header nor body may be so many times as much, beyond a first megabyte (nginx: "http2 flood detected"). */
const OVERHEAD_MOST = 16;
const OVERHEAD_FREE = 1024 * 1024;
/** Beyond our limits by so much a header block is not answered but refused by the protocol's own means. */
const HARD_FACTOR = 2;
const MEMORY_MIB = 16;

export class Http2Connection implements ClientConnection {
  private readonly session: http2.ServerHttp2Session;
  private readonly exchanges = new Set<Http2Exchange>();
  private requests = 0;
  private idleBy: number;
  private draining = false;
  private controls = 0;
  private controlsSince: number;
  /** Bytes of headers and bodies. */
  private useful = 0;

  constructor(
    readonly socket: TLSSocket,
    private readonly facts: ConnectionFacts,
    private readonly handler: ConnectionHandler,
    private readonly limits: HttpLimits,
    private readonly clock: () => number,
    private readonly onClosed: (connection: ClientConnection) => void,
  ) {
    this.idleBy = clock() + limits.headTimeoutMs;
    this.controlsSince = clock();
    // Half a connection is of no use here, and nobody would close it.
    socket.allowHalfOpen = false;
    this.session = http2.performServerHandshake(socket, this.options());
    this.session.on('stream', (stream, _headers, flags, raw) => this.begin(stream, flags, raw as unknown as string[]));
    this.session.on('ping', () => this.control());
    this.session.on('remoteSettings', () => this.control());
    this.session.on('error', () => this.session.destroy());
    this.session.on('close', () => socket.destroySoon());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.session.destroy();
      this.idleBy = NEVER;
      this.onClosed(this);
    });
  }

  get deadline(): number {
    if (this.flooded()) return 0;
    let soonest = this.idleBy;
    for (const { deadline } of this.exchanges) if (deadline < soonest) soonest = deadline;
    return soonest;
  }

  /** No new requests after those that are on their way; closes when they are answered. */
  shutdown(): void {
    this.draining = true;
    if (this.session.destroyed) return;
    // The first says that this is coming, the second (in close) which request was the last.
    this.session.goaway(NGHTTP2_NO_ERROR, LAST_STREAM_ID);
    if (this.exchanges.size === 0) this.idleBy = Math.min(this.idleBy, this.clock() + LAST_CALL_MS);
  }

  expire(): void {
    if (this.flooded()) return this.calm();
    const now = this.clock();
    for (const exchange of this.exchanges) if (exchange.deadline <= now) exchange.expire();
    if (this.idleBy <= now) this.closeGently();
  }

  private options(): http2.ServerSessionOptions & Record<string, unknown> {
    const { limits } = this;
    return {
      maxHeaderListPairs: limits.headerCount * HARD_FACTOR,
      maxSessionMemory: MEMORY_MIB,
      maxSettings: 32,
      streamResetBurst: limits.http2Resets,
      streamResetRate: Math.max(1, Math.ceil(limits.http2Resets / 10)),
      strictSingleValueFields: false,
      settings: {
        enablePush: false,
        maxConcurrentStreams: limits.http2Streams,
        // Fields are counted with what HPACK adds to each; beyond this a stream is refused.
        maxHeaderListSize: limits.headBytes * HARD_FACTOR,
      },
    };
  }

  private begin(stream: http2.ServerHttp2Stream, flags: number, raw: readonly string[]): void {
    this.requests++;
    this.idleBy = NEVER;
    for (const text of raw) this.useful += text.length;
    const ended = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    let head: RequestHead | null = null;
    let fault: HeadFault | null = null;
    try {
      head = headOf(raw, ended, this.limits);
    } catch (error) {
      if (!(error instanceof HeadFault)) throw error;
      fault = error;
    }
    const received = (bytes: number): void => {
      this.useful += bytes;
    };
    const exchange = new Http2Exchange(stream, head, ended, this.limits, this.clock, received, (closed) => this.closed(closed));
    this.exchanges.add(exchange);
    this.serve(exchange, head, fault);
    if (this.requests >= this.limits.keepAliveRequests && !this.draining) this.shutdown();
  }

  /** A fault of ours ends this stream, never the process. */
  private serve(exchange: Http2Exchange, head: RequestHead | null, fault: HeadFault | null): void {
    const { body, reply } = exchange;
    try {
      if (fault) this.handler.fault(fault, reply, this.facts);
      else this.handler.request({ head: head!, body, reply, connection: this.facts, requestNumber: this.requests });
    } catch (error) {
      exchange.cutOff();
      this.handler.crashed(error);
    }
  }

  private closed(exchange: Http2Exchange): void {
    this.exchanges.delete(exchange);
    if (this.exchanges.size > 0) return;
    this.idleBy = this.clock() + (this.draining ? LAST_CALL_MS : this.limits.keepAliveTimeoutMs);
  }

  /** A frame that asks for work and is no request. */
  private control(): void {
    const now = this.clock();
    if (now - this.controlsSince > CONTROL_WINDOW_MS) {
      this.controlsSince = now;
      this.controls = 0;
    }
    if (++this.controls > this.limits.http2ControlFrames) this.calm();
  }

  private flooded(): boolean {
    return this.socket.bytesRead > OVERHEAD_FREE + OVERHEAD_MOST * this.useful;
  }

  /** Ends a connection that is up to no good. */
  private calm(): void {
    if (!this.session.destroyed) this.session.destroy(undefined, NGHTTP2_ENHANCE_YOUR_CALM);
    this.socket.destroySoon();
  }

  private closeGently(): void {
    this.idleBy = this.clock() + this.limits.lingerTimeoutMs;
    if (this.session.closed || this.session.destroyed) this.socket.destroy();
    else this.session.close();
  }
}
