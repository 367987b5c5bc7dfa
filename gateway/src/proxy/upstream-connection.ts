/** One connection to a service: sends one request at a time, reads its answer, watches the three time-outs. */
import net from 'node:net';
import tls from 'node:tls';
import { streamed } from './memory-valve.js';
import { ResponseFault, ResponseParser, type ResponseSink, type ResponseStart } from './response-parser.js';
import { UpstreamError } from './upstream-error.js';

/** Receives the answer to one request; `error` at most once and not after `end`. */
export interface UpstreamSink extends ResponseSink {
  /** The connection is open and the head is on its way: the body may follow. */
  ready(): void;
  error(error: UpstreamError): void;
  /** What a buffering proxy holds of the body goes on now. */
  passOn(): void;
  /** The service takes more of the request's body. */
  drain(): void;
  /** Something of ours threw while one of the others ran; nothing follows. */
  crashed(error: unknown): void;
}

export interface Endpoint {
  /** Connections with equal keys serve the same requests. */
  readonly key: string;
  readonly ip: string;
  readonly port: number;
  readonly tls: tls.ConnectionOptions | null;
}

/** Milliseconds. */
export interface Timeouts {
  readonly connect: number;
  readonly send: number;
  readonly read: number;
}

type Waiting = 'nothing' | 'connect' | 'send' | 'read';

export class UpstreamConnection implements ResponseSink {
  readonly socket: net.Socket;
  private readonly parser = new ResponseParser(this);
  private sink: UpstreamSink | null = null;
  private timeouts: Timeouts | null = null;
  private timer: NodeJS.Timeout | null = null;
  private timerMs = 0;
  private waiting: Waiting = 'nothing';
  private reusable = false;
  private requestSent = false;
  private connected = false;
  private upgrade: Buffer | null = null;
  requests = 0;
  idleSince = 0;

  constructor(
    readonly endpoint: Endpoint,
    private readonly onFree: (connection: UpstreamConnection, reusable: boolean) => void,
  ) {
    const where = { host: endpoint.ip, port: endpoint.port };
    this.socket = endpoint.tls ? tls.connect({ ...endpoint.tls, ...where }) : net.connect(where);
    this.socket.setNoDelay(true);
    this.socket.once(endpoint.tls ? 'secureConnect' : 'connect', () => {
      this.connected = true;
      if (this.waiting === 'connect') this.waitForService();
      this.tell((sink) => sink.ready());
    });
    this.socket.on('data', (chunk: Buffer) => this.receive(chunk));
    this.socket.on('end', () => this.peerEnded());
    this.socket.on('error', (error) => this.fail(new UpstreamError(this.connected ? 'closed' : 'connect', error.message)));
    this.socket.on('close', () => {
      if (this.timer) clearTimeout(this.timer);
      this.timer = null;
      this.peerEnded();
    });
    this.socket.on('drain', () => this.drained());
  }

  /** True when it was taken from the pool: its first failure may only mean that the service closed it meanwhile. */
  get reused(): boolean {
    return this.requests > 1;
  }

  /** The request has begun to leave: a retry could run it twice. */
  get sent(): boolean {
    return this.connected && this.requestSent;
  }

  /**
   * Sends a request's head, and its body when that is whole. `more`: pieces follow by `write` and `endBody`.
   */
  request(sink: UpstreamSink, head: string, body: Buffer | null, more: boolean, isHead: boolean, timeouts: Timeouts): void {
    this.sink = sink;
    this.timeouts = timeouts;
    this.requests++;
    this.parser.reset(isHead);
    this.reusable = false;
    this.upgrade = null;
    this.requestSent = true;
    this.bodyDone = !more;
    this.transmit(head, body);
    if (!this.connected) {
      this.wait('connect');
      return;
    }
    this.waitForService();
    sink.ready();
  }

  private bodyDone = true;

  private transmit(head: string, body: Buffer | null): void {
    if (body === null || body.length === 0) {
      this.socket.write(head, 'latin1');
      return;
    }
    if (body.length > 16_384) {
      this.socket.cork();
      this.socket.write(head, 'latin1');
      this.socket.write(body);
      this.socket.uncork();
      return;
    }
    const all = Buffer.allocUnsafe(head.length + body.length);
    all.write(head, 0, 'latin1');
    body.copy(all, head.length);
    this.socket.write(all);
  }

  /** What the service owes us now. Nothing while more of the body is to come: a client that is slow is no fault of the service. */
  private waitForService(): void {
    if (this.socket.writableNeedDrain) this.wait('send');
    else this.wait(this.bodyDone ? 'read' : 'nothing');
  }

  /** A piece of the body; false: wait for the sink's `drain`. */
  write(chunk: Buffer): boolean {
    const flowing = this.socket.write(chunk);
    if (!flowing && this.connected) this.wait('send');
    return flowing;
  }

  endBody(last: string): void {
    this.bodyDone = true;
    if (last.length > 0) this.socket.write(last, 'latin1');
    if (this.connected) this.waitForService();
  }

  pause(): void {
    this.socket.pause();
    this.wait('nothing');
  }

  resume(): void {
    this.socket.resume();
    this.wait('read');
  }

  /** Gives the answer up: the service sees its connection close. */
  cancel(): void {
    this.sink = null;
    this.wait('nothing');
    this.socket.destroy();
  }

  /**
   * After a 101: what the service has sent behind its head; the caller owns the socket from here. It is closed when nothing
   * passes in either direction for as long as an answer may take (nginx: proxy_read_timeout).
   */
  takeOver(): Buffer {
    this.sink = null;
    this.wait('nothing');
    if (this.timer) clearTimeout(this.timer);
    this.socket.setTimeout(this.timeouts!.read, () => this.socket.destroy());
    for (const event of ['data', 'end', 'error', 'close', 'drain']) this.socket.removeAllListeners(event);
    return this.upgrade ?? Buffer.alloc(0);
  }

  // ---- ResponseSink, from the parser

  head(start: ResponseStart): void {
    this.reusable = start.reusable;
    if (start.status !== 101) this.sink?.head(start);
    else this.switched = start;
  }

  private switched: ResponseStart | null = null;

  data(chunk: Buffer): void {
    streamed(chunk.length);
    this.sink?.data(chunk);
  }

  end(): void {
    if (this.switched) return;
    const sink = this.sink;
    this.sink = null;
    this.wait('nothing');
    // What is left of the request's body would stand before the next request's head, in a queue that may never move.
    const free = this.reusable && this.bodyDone && this.socket.writableLength === 0 && !this.socket.destroyed;
    // The client may have stopped the last piece: whoever asks next would wait for ever.
    if (free && this.socket.isPaused()) this.socket.resume();
    // The pool gets it back first, so that a request that follows at once finds it.
    this.onFree(this, free);
    if (!free) this.socket.destroy();
    sink?.end();
  }

  // ---- socket events

  private receive(chunk: Buffer): void {
    const { sink } = this;
    if (!sink) {
      // Bytes that nobody asked for: the framing of this connection can't be trusted.
      this.socket.destroy();
      return;
    }
    if (this.timeouts) this.wait('read');
    try {
      const rest = this.parser.push(chunk);
      if (this.switched) this.deliverUpgrade(rest);
      else if (rest.length > 0) this.socket.destroy();
      if (this.sink && this.parser.ripe) this.passOn(this.sink);
    } catch (error) {
      if (error instanceof ResponseFault) this.fail(new UpstreamError('invalid', error.message));
      else this.crash(sink, error);
    }
  }

  /** A fault of our own ends this exchange, never the process. */
  private crash(sink: UpstreamSink, error: unknown): void {
    this.cancel();
    sink.crashed(error);
  }

  private tell(step: (sink: UpstreamSink) => void, sink = this.sink): void {
    if (!sink) return;
    try {
      step(sink);
    } catch (error) {
      this.crash(sink, error);
    }
  }

  private passOn(sink: UpstreamSink): void {
    this.parser.passedOn();
    sink.passOn();
  }

  private deliverUpgrade(rest: Buffer): void {
    const start = this.switched!;
    this.switched = null;
    this.upgrade = rest;
    this.onFree(this, false);
    this.sink?.head(start);
  }

  private peerEnded(): void {
    if (this.sink && this.parser.finish()) return;
    this.fail(new UpstreamError(this.connected ? 'closed' : 'connect', 'the service closed the connection'));
  }

  private drained(): void {
    if (this.waiting === 'send') this.waitForService();
    this.tell((sink) => sink.drain());
  }

  private fail(error: UpstreamError): void {
    const sink = this.sink;
    this.sink = null;
    this.wait('nothing');
    this.socket.destroy();
    this.onFree(this, false);
    if (sink) this.tell((told) => told.error(error), sink);
  }

  private wait(what: Waiting): void {
    this.waiting = what;
    if (what === 'nothing' || this.timeouts === null) return;
    const ms = this.timeouts[what];
    if (this.timer && this.timerMs === ms) {
      this.timer.refresh();
      return;
    }
    if (this.timer) clearTimeout(this.timer);
    this.timerMs = ms;
    this.timer = setTimeout(() => this.expired(), ms);
    this.timer.unref();
  }

  private expired(): void {
    if (this.waiting === 'nothing') return;
    this.fail(new UpstreamError(`${this.waiting}_timeout`, `the service took longer than ${this.timerMs} ms (${this.waiting})`));
  }
}
