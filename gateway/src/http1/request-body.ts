/** A request's body on its way in: bytes that arrive before anyone wants them wait here, up to a bound, then the socket is paused. */

/** The body did not arrive whole. `status` null: the client is gone and nothing can be answered. */
export class BodyFault extends Error {
  readonly code = 'HTTP_BODY_INVALID';
  constructor(
    readonly status: 400 | 408 | null,
    message: string,
  ) {
    super(message);
  }
}

/** Receives a body. After `end` or `error` nothing follows. */
export interface BodySink {
  data(chunk: Buffer): void;
  end(): void;
  error(fault: BodyFault): void;
}

/** What a body asks of the connection that feeds it. */
export interface BodyFeed {
  /** The body is wanted: a client that waits for `100 Continue` gets it. */
  wantBody(): void;
  pauseBody(): void;
  resumeBody(): void;
}

const EARLY_BYTES_MAX = 65_536;
const PIECES_MAX = 64;

/** Makes one of many pieces: kept one by one, a body that comes byte by byte costs a hundred times its size. */
export function compact(pieces: Buffer[]): void {
  if (pieces.length >= PIECES_MAX) pieces.splice(0, pieces.length, Buffer.concat(pieces));
}

export class RequestBody {
  private readonly early: Buffer[] = [];
  private earlyBytes = 0;
  private sink: BodySink | null = null;
  private ended: boolean;
  private fault: BodyFault | null = null;
  private discarding = false;
  /** Bytes of content that arrived so far. */
  received = 0;

  constructor(
    private readonly feed: BodyFeed | null,
    /** Bytes as declared; null when chunked. */
    readonly length: number | null,
  ) {
    this.ended = length === 0;
  }

  /** Whether the client sends one at all. */
  get exists(): boolean {
    return this.length !== 0;
  }

  /** Everything has arrived. */
  get complete(): boolean {
    return this.ended;
  }

  get failed(): boolean {
    return this.fault !== null;
  }

  /** Nobody asked for it yet. */
  get untouched(): boolean {
    return this.sink === null && !this.discarding;
  }

  /** Starts the flow into `sink`, which first gets what came early. A body can be read once. */
  read(sink: BodySink): void {
    this.sink = sink;
    for (const chunk of this.early) sink.data(chunk);
    this.early.length = 0;
    this.earlyBytes = 0;
    if (this.fault) sink.error(this.fault);
    else if (this.ended) sink.end();
    else {
      this.feed?.wantBody();
      this.feed?.resumeBody();
    }
  }

  /** All of it when it has already arrived and nobody read it: the common case, without a sink. Null otherwise. */
  takeComplete(): Buffer | null {
    if (!this.ended || !this.untouched) return null;
    this.discarding = true;
    const all = this.early.length === 1 ? this.early[0]! : Buffer.concat(this.early);
    this.early.length = 0;
    return all;
  }

  /** Drops what came and what will come. */
  discard(): void {
    this.discarding = true;
    this.sink = null;
    this.early.length = 0;
    if (this.ended || this.fault) return;
    this.feed?.wantBody();
    this.feed?.resumeBody();
  }

  pause(): void {
    if (!this.ended) this.feed?.pauseBody();
  }

  resume(): void {
    if (!this.ended) this.feed?.resumeBody();
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.received += chunk.length;
    if (this.discarding) return;
    if (this.sink) {
      this.sink.data(chunk);
      return;
    }
    this.early.push(chunk);
    compact(this.early);
    this.earlyBytes += chunk.length;
    if (this.earlyBytes >= EARLY_BYTES_MAX) this.feed?.pauseBody();
  }

  finish(): void {
    if (this.ended || this.fault) return;
    this.ended = true;
    this.sink?.end();
  }

  fail(fault: BodyFault): void {
    if (this.ended || this.fault) return;
    this.fault = fault;
    this.sink?.error(fault);
  }
}
