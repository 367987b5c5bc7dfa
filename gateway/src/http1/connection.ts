/** One client connection that speaks HTTP/1: frames requests, hands them to the handler one after the other, writes the answers. */
import type { Socket } from 'node:net';
import { BodyFramer } from './body-framer.js';
import { ChunkFault } from './chunked.js';
import { findHeadEnd, HeadFault, hopeless, parseHead, type RequestHead } from './head-parser.js';
import { Http1Reply } from './http1-reply.js';
import type { ConnectionFacts, ConnectionHandler } from './incoming.js';
import type { HttpLimits } from './limits.js';
import { BodyFault, type BodyFeed, RequestBody } from './request-body.js';

type Phase = 'idle' | 'head' | 'exchange' | 'tunnel' | 'closed';

const NOTHING = Buffer.alloc(0);

export class Http1Connection implements BodyFeed {
  private phase: Phase = 'idle';
  /** Bytes not yet used: part of a head, or requests that were sent ahead. */
  private pending: Buffer = NOTHING;
  private searched = 0;
  private body: RequestBody | null = null;
  private framer: BodyFramer | null = null;
  private discarded = 0;
  private expecting = false;
  private reply: Http1Reply | null = null;
  private requests = 0;
  private lastOfConnection = false;
  private paused = false;
  private running = false;
  /** When the current wait ends, Unix ms; the server sweeps (cheaper than a timer each). */
  deadline: number;

  constructor(
    readonly socket: Socket,
    readonly facts: ConnectionFacts,
    private readonly handler: ConnectionHandler,
    private readonly limits: HttpLimits,
    private readonly clock: () => number,
    private readonly onClosed: (connection: Http1Connection) => void,
  ) {
    this.deadline = clock() + limits.headTimeoutMs;
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('end', () => this.clientEnded());
    socket.on('close', () => this.socketClosed());
    socket.on('error', () => socket.destroy());
    socket.on('drain', () => this.drained());
  }

  get busy(): boolean {
    return this.phase === 'exchange' || this.phase === 'tunnel';
  }

  /** Closes now if idle, else after the current answer. */
  shutdown(): void {
    this.lastOfConnection = true;
    if (this.phase === 'idle') this.socket.end();
  }

  /** The deadline passed: answers 408, or closes what is idle or stuck. */
  expire(): void {
    if (this.phase === 'head') return this.refuse(new HeadFault(408, 'the head took too long'));
    if (this.phase === 'exchange' && this.body && !this.body.complete && this.reply?.headSent === false && !this.paused) {
      this.body.fail(new BodyFault(408, 'the body took too long'));
      return;
    }
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    if (this.phase === 'tunnel' || this.phase === 'closed') return;
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    if (!this.running) this.guardedRun();
  }

  /** A fault of ours ends this connection, never the process. */
  private guardedRun(): void {
    try {
      this.run();
    } catch (error) {
      this.running = false;
      this.socket.destroy();
      this.handler.crashed(error);
    }
  }

  /** Works through `pending` as far as the state allows. Not re-entrant: a handler that answers at once only marks progress. */
  private run(): void {
    this.running = true;
    while (this.pending.length > 0) {
      const before = this.pending.length;
      if (this.phase === 'idle') this.skipBlankLines();
      if (this.phase === 'head') this.readHead();
      else if (this.phase === 'exchange') this.readBody();
      else if (this.phase !== 'idle') break;
      if (this.pending.length === before && this.phase !== 'idle') break;
    }
    this.running = false;
    if (this.phase === 'exchange' && this.pending.length > this.limits.headBytes) this.pauseBody();
  }

  private skipBlankLines(): void {
    let i = 0;
    while (i < this.pending.length && (this.pending[i] === 13 || this.pending[i] === 10)) i++;
    this.pending = i === 0 ? this.pending : this.pending.subarray(i);
    if (this.pending.length === 0) return;
    this.phase = 'head';
    this.searched = 0;
    this.deadline = this.clock() + this.limits.headTimeoutMs;
  }

  private readHead(): void {
    const found = findHeadEnd(this.pending, this.searched);
    const size = found ? found.end : this.pending.length;
    if (size > this.limits.headBytes || (!found && size > this.limits.requestLineBytes)) {
      const fault = this.overlong(size, found !== null);
      if (fault) return this.refuse(fault);
    }
    if (!found) {
      if (this.searched === 0 && hopeless(this.pending)) return this.refuse(new HeadFault(400, 'this is no HTTP'));
      this.searched = this.pending.length;
      return;
    }
    const text = this.pending.toString('latin1', 0, found.end);
    this.pending = this.pending.subarray(found.next);
    let head: RequestHead;
    try {
      head = parseHead(text, this.limits);
    } catch (error) {
      if (error instanceof HeadFault) return this.refuse(error);
      throw error;
    }
    this.begin(head);
  }

  private overlong(size: number, complete: boolean): HeadFault | null {
    const lineEnd = this.pending.indexOf(10);
    if (lineEnd < 0 || lineEnd >= this.limits.requestLineBytes) return new HeadFault(414, 'the request line is too long');
    if (size > this.limits.headBytes) return new HeadFault(494, 'the head is too long');
    const lastLine = complete ? 0 : this.pending.length - this.pending.lastIndexOf(10);
    return lastLine > this.limits.headerLineBytes ? new HeadFault(494, 'a header line is too long') : null;
  }

  private begin(head: RequestHead): void {
    this.requests++;
    this.phase = 'exchange';
    this.deadline = head.contentLength === 0 ? Number.POSITIVE_INFINITY : this.clock() + this.limits.bodyTimeoutMs;
    this.discarded = 0;
    this.expecting = head.expectContinue;
    const body = new RequestBody(this, head.contentLength);
    this.body = body;
    this.framer = body.complete ? null : new BodyFramer(head, body);
    if (!head.keepAlive || this.requests >= this.limits.keepAliveRequests) this.lastOfConnection = true;
    const reply = new Http1Reply(this, head.version, head.keepAlive && !this.lastOfConnection, this.clock);
    this.reply = reply;
    if (!body.complete && this.pending.length > 0) this.readBody();
    this.handler.request({ head, body, reply, connection: this.facts, requestNumber: this.requests });
  }

  private refuse(fault: HeadFault): void {
    this.phase = 'exchange';
    this.pending = NOTHING;
    this.lastOfConnection = true;
    this.body = new RequestBody(null, 0);
    this.reply = new Http1Reply(this, 1.1, false, this.clock);
    this.deadline = this.clock() + this.limits.sendTimeoutMs;
    this.handler.fault(fault, this.reply, this.facts);
  }

  private readBody(): void {
    const body = this.body;
    if (!body || body.complete || body.failed) return;
    const before = body.received;
    try {
      const bytes = this.pending;
      this.pending = NOTHING;
      this.pending = this.framer!.push(bytes);
    } catch (error) {
      if (!(error instanceof ChunkFault)) throw error;
      this.lastOfConnection = true;
      this.pending = NOTHING;
      body.fail(new BodyFault(400, error.message));
    }
    if (!body.complete) this.deadline = this.clock() + this.limits.bodyTimeoutMs;
    else if (this.reply && !this.reply.finished) this.deadline = Number.POSITIVE_INFINITY;
    if (this.reply?.finished) this.afterDiscard(body.received - before);
  }

  // ---- BodyFeed

  wantBody(): void {
    if (!this.expecting || this.phase !== 'exchange') return;
    this.expecting = false;
    this.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
  }

  pauseBody(): void {
    if (this.paused) return;
    this.paused = true;
    this.socket.pause();
  }

  resumeBody(): void {
    if (!this.paused) return;
    this.paused = false;
    this.socket.resume();
  }

  // ---- the reply's side

  /** The client must take something of the answer within the limit. */
  waiting(): void {
    this.deadline = this.clock() + this.limits.sendTimeoutMs;
  }

  /** The answer is complete: drops what is left of the body, then goes on with the next request or closes. */
  finished(keepAlive: boolean): void {
    const body = this.body!;
    if (!keepAlive || this.lastOfConnection || body.failed) {
      this.phase = 'closed';
      this.closeGently();
      return;
    }
    if (body.complete) {
      this.next();
      return;
    }
    this.deadline = this.clock() + this.limits.bodyTimeoutMs;
    body.discard();
  }

  private afterDiscard(bytes: number): void {
    if (this.phase !== 'exchange') return;
    this.discarded += bytes;
    if (this.body!.failed || this.discarded > this.limits.discardBytes) this.socket.destroy();
    else if (this.body!.complete) this.next();
  }

  private next(): void {
    this.phase = 'idle';
    this.body = null;
    this.reply = null;
    this.framer = null;
    this.deadline = this.clock() + this.limits.keepAliveTimeoutMs;
    this.resumeBody();
    if (this.pending.length > 0 && !this.running) setImmediate(() => this.runIfIdle());
  }

  private runIfIdle(): void {
    if (this.phase === 'idle' && this.pending.length > 0 && !this.running) this.guardedRun();
  }

  /** Ends the socket so that an answer still on its way is not lost to a reset: reads and drops for a moment. */
  private closeGently(): void {
    this.pending = NOTHING;
    this.deadline = this.clock() + 2000;
    this.resumeBody();
    this.socket.end();
  }

  /** The connection becomes a tunnel: nothing here reads it any more. */
  detach(): Buffer {
    this.phase = 'tunnel';
    this.deadline = Number.POSITIVE_INFINITY;
    this.socket.removeAllListeners('data');
    this.socket.removeAllListeners('end');
    this.socket.removeAllListeners('drain');
    const early = this.pending;
    this.pending = NOTHING;
    return early;
  }

  /** An answer begins. A client that waits for `100 Continue` is about to send its body all the same, so it gets that first. */
  answering(): boolean {
    if (this.expecting) this.wantBody();
    return this.lastOfConnection;
  }

  private drained(): void {
    if (this.phase === 'exchange' && this.body?.complete) this.deadline = Number.POSITIVE_INFINITY;
    this.reply?.drained();
  }

  private clientEnded(): void {
    if (this.phase === 'exchange' && this.reply && !this.reply.finished) {
      this.body?.fail(new BodyFault(null, 'the client closed the connection'));
      this.socket.destroy();
      return;
    }
    this.socket.end();
  }

  private socketClosed(): void {
    const wasTunnel = this.phase === 'tunnel';
    this.phase = 'closed';
    this.body?.fail(new BodyFault(null, 'the client closed the connection'));
    if (!wasTunnel) this.reply?.aborted();
    this.onClosed(this);
  }
}
