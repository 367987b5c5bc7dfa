/** One stream: a request on its way in, its answer on its way out, and how long either may take. */
import http2 from 'node:http2';
import type { RequestHead } from '../http1/head-parser.js';
import type { HttpLimits } from '../http1/limits.js';
import { BodyFault, type BodyFeed, RequestBody } from '../http1/request-body.js';
import { streamed } from '../proxy/memory-valve.js';
import { Http2Reply } from './http2-reply.js';

const NEVER = Number.POSITIVE_INFINITY;
const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = http2.constants;

export class Http2Exchange implements BodyFeed {
  readonly body: RequestBody;
  readonly reply: Http2Reply;
  private expecting: boolean;
  private paused = false;
  private inputEnded: boolean;
  private readBy = NEVER;
  private writeBy = NEVER;

  /**
   * @param head null for a head that was refused
   * @param ended the client sends no body
   * @param received told of each piece's bytes
   * @param closed told once when the stream is
   */
  constructor(
    private readonly stream: http2.ServerHttp2Stream,
    head: RequestHead | null,
    ended: boolean,
    private readonly limits: HttpLimits,
    private readonly clock: () => number,
    received: (bytes: number) => void,
    closed: (exchange: Http2Exchange) => void,
  ) {
    this.expecting = head?.expectContinue ?? false;
    this.inputEnded = ended;
    this.body = new RequestBody(head ? this : null, head ? head.contentLength : 0);
    this.reply = new Http2Reply(this, stream);
    if (!this.body.complete) this.progress();
    stream.on('data', (chunk: Buffer) => {
      received(chunk.length);
      this.take(chunk);
    });
    stream.on('end', () => this.bodyEnded());
    stream.on('drain', () => {
      this.writeBy = NEVER;
      this.reply.drained();
    });
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.readBy = NEVER;
      this.writeBy = NEVER;
      this.body.fail(new BodyFault(null, 'the client gave the request up'));
      this.reply.aborted();
      closed(this);
    });
  }

  /** The current wait ends here, Unix ms. */
  get deadline(): number {
    return Math.min(this.readBy, this.writeBy);
  }

  /** The deadline passed: answers 408, or resets a stream whose client takes nothing. */
  expire(): void {
    if (this.writeBy > this.clock() && !this.reply.headSent) {
      this.readBy = NEVER;
      this.body.fail(new BodyFault(408, 'the body took too long'));
    } else this.stream.close(NGHTTP2_CANCEL);
  }

  // ---- BodyFeed

  wantBody(): void {
    if (!this.expecting || this.stream.destroyed || this.stream.headersSent) return;
    this.expecting = false;
    this.stream.additionalHeaders({ ':status': 100 });
  }

  pauseBody(): void {
    this.paused = true;
    // While we don't read, the client can't be late.
    this.readBy = NEVER;
    this.stream.pause();
  }

  resumeBody(): void {
    if (this.paused && !this.body.complete) this.progress();
    this.paused = false;
    this.stream.resume();
  }

  // ---- the reply's side

  /** The client must take something of the answer within the limit. */
  waiting(): void {
    this.writeBy = this.clock() + this.limits.sendTimeoutMs;
  }

  /** The answer is complete. What is left of the request's body is not wanted: the client is told so (RFC 9113 §8.1). */
  answered(): void {
    const { stream, body } = this;
    this.readBy = NEVER;
    if (stream.destroyed) return;
    this.waiting();
    stream.end(() => {
      if (!this.inputEnded && !stream.destroyed) stream.close(NGHTTP2_NO_ERROR);
    });
    if (!body.complete) body.discard();
    stream.resume();
  }

  /** The answer was cut: the client sees a stream that was reset. */
  cutOff(): void {
    this.readBy = NEVER;
    this.stream.close(NGHTTP2_INTERNAL_ERROR);
  }

  private take(chunk: Buffer): void {
    if (this.reply.finished) return;
    streamed(chunk.length);
    if (!this.paused) this.progress();
    this.body.push(chunk);
  }

  private bodyEnded(): void {
    this.inputEnded = true;
    this.readBy = NEVER;
    this.body.finish();
  }

  private progress(): void {
    this.readBy = this.clock() + this.limits.bodyTimeoutMs;
  }
}
