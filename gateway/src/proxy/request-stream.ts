/** A request's body that is sent on while it arrives (Kong: request_buffering false). */
import type { BodySink, RequestBody } from '../http1/request-body.js';
import type { UpstreamConnection } from './upstream-connection.js';

/** The client's body broke off or was malformed while it was sent on. */
export type StreamFault = (status: 400 | 408 | null) => void;

export class RequestStream implements BodySink {
  private connection: UpstreamConnection | null = null;
  private started = false;
  /** Bytes; null = sent on as chunked. */
  readonly length: number | null;

  constructor(
    private readonly body: RequestBody,
    private readonly onFault: StreamFault,
  ) {
    this.length = body.length;
  }

  /** Nothing has been taken from the client yet, so another target can still get all of it. */
  get rewindable(): boolean {
    return !this.started;
  }

  attach(connection: UpstreamConnection): void {
    this.connection = connection;
    this.started = true;
    this.body.read(this);
  }

  detach(): void {
    this.connection = null;
  }

  drain(): void {
    this.body.resume();
  }

  data(chunk: Buffer): void {
    const { connection } = this;
    if (!connection) return;
    if (this.length !== null) {
      if (!connection.write(chunk)) this.body.pause();
      return;
    }
    connection.write(Buffer.from(`${chunk.length.toString(16)}\r\n`, 'latin1'));
    connection.write(chunk);
    if (!connection.write(CRLF)) this.body.pause();
  }

  end(): void {
    this.connection?.endBody(this.length === null ? '0\r\n\r\n' : '');
  }

  error(fault: { status: 400 | 408 | null }): void {
    this.onFault(fault.status);
  }
}

const CRLF = Buffer.from('\r\n');
