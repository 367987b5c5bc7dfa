/** One client connection that speaks HTTP/1: frames requests, hands them to the handler one after the other, writes the answers. */
import type { Socket } from 'node:net';
import { BodyFramer } from './body-framer.js';
import { HeadFault, type RequestHead } from './head-parser.js';
import { HeadReader, withoutBlankLines } from './head-reader.js';
import { Http1Reply } from './http1-reply.js';
import type { ClientConnection, ConnectionFacts, ConnectionHandler } from './incoming.js';
import type { HttpLimits } from './limits.js';
import { BodyFault, type BodyFeed, RequestBody } from './request-body.js';

/** `flushing`: the answer is complete, the client has yet to take it. `closed`: nothing is read any more. */
type Phase = 'idle' | 'head' | 'exchange' | 'flushing' | 'tunnel' | 'closed';

const NOTHING = Buffer.alloc(0);
const NEVER = Number.POSITIVE_INFINITY;
/** Milliseconds that a client gets to use its idle connection once more while the gateway drains: a request may be on its way. */
const LAST_CALL_MS = 500;

export class Http1Connection implements BodyFeed, ClientConnection {
  private phase: Phase = 'idle';
  /** Bytes not yet used: part of a head, or requests that were sent ahead. */
  private pending: Buffer = NOTHING;
  private body: RequestBody | null = null;
  private framer: BodyFramer | null = null;
  private discarded = 0;
  private expecting = false;
  private reply: Http1Reply | null = null;
  private requests = 0;
  private lastOfConnection = false;
  private draining = false;
  private inputEnded = false;
  private paused = false;
  private running = false;
  private readonly heads: HeadReader;
  /** When the client must have sent something, and taken something, Unix ms; the server sweeps (cheaper than a timer each). */
  private readBy: number;
  private writeBy = NEVER;

  constructor(
    readonly socket: Socket,
    readonly facts: ConnectionFacts,
    private readonly handler: ConnectionHandler,
    private readonly limits: HttpLimits,
    private readonly clock: () => number,
    private readonly onClosed: (connection: Http1Connection) => void,
  ) {
    this.heads = new HeadReader(limits);
    this.readBy = clock() + limits.headTimeoutMs;
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('end', () => this.clientEnded());
    socket.on('close', () => this.socketClosed());
    socket.on('error', () => socket.destroy());
    socket.on('drain', () => this.drained());
  }

  /** The current wait ends here, Unix ms. */
  get deadline(): number {
    return Math.min(this.readBy, this.writeBy);
  }

  /** Closes after the current answer, or soon if idle. */
  shutdown(): void {
    this.lastOfConnection = true;
    this.draining = true;
    if (this.phase === 'idle') this.readBy = Math.min(this.readBy, this.clock() + LAST_CALL_MS);
  }

  /** The deadline passed: answers 408, or closes what is idle or stuck. */
  expire(): void {
    if (this.writeBy <= this.clock() || this.phase === 'closed') this.socket.destroy();
    else if (this.phase === 'idle') this.closeGently();
    else if (this.phase === 'head') this.refuse(new HeadFault(408, 'the head took too long'));
    else if (this.phase === 'exchange' && this.reply?.headSent === false) {
      this.readBy = NEVER;
      this.body?.fail(new BodyFault(408, 'the body took too long'));
    } else this.socket.destroy();
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
    if (this.phase !== 'idle' && this.phase !== 'head' && this.pending.length > this.limits.headBytes) this.pauseBody();
  }

  private skipBlankLines(): void {
    this.pending = withoutBlankLines(this.pending);
    if (this.pending.length === 0) return;
    this.phase = 'head';
    this.heads.reset();
    this.readBy = this.clock() + this.limits.headTimeoutMs;
  }

  private readHead(): void {
    let head: RequestHead | null;
    try {
      head = this.heads.read(this.pending);
    } catch (error) {
      if (error instanceof HeadFault) return this.refuse(error);
      throw error;
    }
    if (!head) return;
    this.pending = this.pending.subarray(this.heads.used);
    this.begin(head);
  }

  private begin(head: RequestHead): void {
    this.requests++;
    this.phase = 'exchange';
    this.readBy = head.contentLength === 0 ? NEVER : this.clock() + this.limits.bodyTimeoutMs;
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
    this.readBy = NEVER;
    this.handler.fault(fault, this.reply, this.facts);
  }

  private readBody(): void {
    const body = this.body;
    if (!body || body.complete || body.failed) return;
    const before = body.received;
    const bytes = this.pending;
    this.pending = NOTHING;
    this.pending = this.framer!.push(bytes);
    if (!this.paused) this.readBy = body.complete ? NEVER : this.clock() + this.limits.bodyTimeoutMs;
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
    // While we don't read, the client can't be late.
    if (this.phase === 'exchange') this.readBy = NEVER;
    this.socket.pause();
  }

  resumeBody(): void {
    if (!this.paused) return;
    this.paused = false;
    if (this.phase === 'exchange' && this.body && !this.body.complete) this.readBy = this.clock() + this.limits.bodyTimeoutMs;
    this.socket.resume();
  }

  // ---- the reply's side

  /** The client must take something of the answer within the limit. */
  waiting(): void {
    this.writeBy = this.clock() + this.limits.sendTimeoutMs;
  }

  /**
   * The answer is complete: drops what is left of the body, then goes on with the next request or closes. A client that was told
   * that the connection stays may have sent that request already, so not even a shutdown closes it here.
   */
  finished(keepAlive: boolean): void {
    const body = this.body!;
    if (!keepAlive || body.failed) return this.closeGently();
    if (body.complete) return this.flush();
    this.readBy = this.clock() + this.limits.bodyTimeoutMs;
    body.discard();
  }

  /** The answer was cut: what is left of it still goes out, nothing else. */
  cutOff(): void {
    this.phase = 'closed';
    this.pending = NOTHING;
    this.readBy = NEVER;
    this.waiting();
    this.socket.destroySoon();
  }

  /** Answers that a client does not take must not pile up: its next request waits until this one's is on its way. */
  private flush(): void {
    if (!this.socket.writableNeedDrain) return this.next();
    this.phase = 'flushing';
    this.readBy = NEVER;
    this.waiting();
  }

  private afterDiscard(bytes: number): void {
    if (this.phase !== 'exchange') return;
    this.discarded += bytes;
    if (this.body!.failed || this.discarded > this.limits.discardBytes) this.socket.destroy();
    else if (this.body!.complete) this.flush();
  }

  private next(): void {
    this.phase = 'idle';
    this.body = null;
    this.reply = null;
    this.framer = null;
    this.writeBy = NEVER;
    this.readBy = this.clock() + (this.draining ? LAST_CALL_MS : this.limits.keepAliveTimeoutMs);
    this.resumeBody();
    if (this.pending.length > 0 && !this.running) setImmediate(() => this.phase === 'idle' && this.guardedRun());
    else if (this.inputEnded && this.pending.length === 0) this.closeGently();
  }

  /** Ends the socket so that an answer still on its way is not lost to a reset: sends what is left, then reads and drops for a moment. */
  private closeGently(): void {
    this.phase = 'closed';
    this.pending = NOTHING;
    this.readBy = NEVER;
    this.waiting();
    this.resumeBody();
    this.socket.end(() => {
      this.writeBy = NEVER;
      this.readBy = this.clock() + this.limits.lingerTimeoutMs;
    });
  }

  /** The connection becomes a tunnel: nothing here reads it any more. */
  detach(): Buffer {
    this.phase = 'tunnel';
    this.readBy = NEVER;
    this.writeBy = NEVER;
    for (const event of ['data', 'end', 'drain']) this.socket.removeAllListeners(event);
    const early = this.pending;
    this.pending = NOTHING;
    return early;
  }

  /** An answer begins. A client that waits for `100 Continue` is about to send its body all the same, so it gets that first. */
  answering(): boolean {
    if (this.expecting) this.wantBody();
    return this.lastOfConnection || this.body?.failed === true;
  }

  private drained(): void {
    if (this.phase === 'closed') return;
    this.writeBy = NEVER;
    if (this.phase === 'flushing') this.next();
    else this.reply?.drained();
  }

  private clientEnded(): void {
    this.inputEnded = true;
    // Requests that were sent ahead are still served.
    if (this.phase === 'flushing' || (this.phase === 'idle' && this.pending.length > 0)) return;
    if (this.phase === 'exchange' && this.reply?.finished === false) this.socket.destroy();
    else this.socket.end();
  }

  private socketClosed(): void {
    const wasTunnel = this.phase === 'tunnel';
    this.phase = 'closed';
    this.body?.fail(new BodyFault(null, 'the client closed the connection'));
    if (!wasTunnel) this.reply?.aborted();
    this.onClosed(this);
  }
}
