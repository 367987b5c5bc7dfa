/** The answer to one HTTP/1 request. */
import type { Duplex } from 'node:stream';
import type { HeaderList } from '../headers.js';
import type { Http1Connection } from './connection.js';
import type { Reply } from './reply.js';
import { formatHead, formatUpgradeHead } from './response-head.js';
import { join } from './tunnel.js';

/** Up to this size head and body go out in one buffer, one system call. */
const COPY_MAX = 32_768;
/** A larger piece goes out in slices, each when the one before was taken: so a slow client is told from one that is stuck. */
const SLICE = 262_144;

export class Http1Reply implements Reply {
  private text = '';
  private chunked = false;
  /** Bytes still to come; null when unknown. */
  private left: number | null = null;
  /** Slices that wait for the client to take those before them. */
  private backlog: Buffer[] = [];
  private lastQueued = false;
  headSent = false;
  finished = false;
  closed = false;
  bytesOut = 0;
  onDrain: (() => void) | null = null;
  onAbort: (() => void) | null = null;

  constructor(
    private readonly connection: Http1Connection,
    private readonly version: number,
    private keepAlive: boolean,
    private readonly clock: () => number,
  ) {}

  start(status: number, headers: HeaderList, length: number | null, bodiless: boolean): void {
    this.headSent = true;
    this.left = bodiless ? 0 : length;
    this.chunked = !bodiless && length === null && this.version >= 1.1;
    const closing = this.connection.answering();
    // To a client, a status below 200 announces another answer: none may follow on this connection.
    if (closing || status < 200 || (!bodiless && length === null && !this.chunked)) this.keepAlive = false;
    this.text = formatHead(status, headers, { length, bodiless, chunked: this.chunked, keepAlive: this.keepAlive }, this.clock());
  }

  write(chunk: Buffer, last: boolean): boolean {
    if (this.closed || this.finished) return true;
    const data = this.within(chunk);
    const flowing = this.send(data, last);
    if (this.backlog.length > 0) this.lastQueued ||= last;
    else if (last) this.complete();
    if (!flowing && !this.finished) this.connection.waiting();
    return flowing;
  }

  /** What of a piece was announced: more would be read as the beginning of the next answer. */
  private within(chunk: Buffer): Buffer {
    if (this.left === null) return chunk;
    const data = chunk.length > this.left ? chunk.subarray(0, this.left) : chunk;
    this.left -= data.length;
    return data;
  }

  flush(): void {
    if (this.text === '' || this.closed) return;
    const head = this.text;
    this.text = '';
    this.bytesOut += head.length;
    this.connection.socket.write(head, 'latin1');
  }

  closeAfter(): void {
    this.keepAlive = false;
  }

  abort(drop: boolean): void {
    if (this.closed || this.finished) return;
    if (!drop) this.flush();
    this.finished = true;
    this.onAbort = null;
    this.backlog = [];
    this.connection.cutOff();
  }

  tunnel(headers: HeaderList, upstream: Duplex, early: Buffer): void {
    const head = formatUpgradeHead(headers);
    this.headSent = true;
    this.finished = true;
    this.bytesOut += head.length;
    const sentAhead = this.connection.detach();
    const client = this.connection.socket;
    client.write(head, 'latin1');
    if (early.length > 0) client.write(early);
    if (sentAhead.length > 0) upstream.write(sentAhead);
    join(client, upstream);
  }

  /** The socket can take more. */
  drained(): void {
    if (this.finished) return;
    let flowing = true;
    while (flowing && this.backlog.length > 0) flowing = this.connection.socket.write(this.backlog.shift()!);
    if (this.lastQueued && this.backlog.length === 0) this.complete();
    else if (flowing) this.onDrain?.();
    else this.connection.waiting();
  }

  /** The client is gone. */
  aborted(): void {
    this.closed = true;
    if (this.finished) return;
    this.finished = true;
    const notify = this.onAbort;
    this.onAbort = null;
    notify?.();
  }

  private complete(): void {
    this.finished = true;
    this.onAbort = null;
    this.onDrain = null;
    // A body shorter or longer than declared would shift the framing of what follows.
    const exact = this.left === null || this.left === 0;
    this.connection.finished(this.keepAlive && exact);
  }

  private send(data: Buffer, last: boolean): boolean {
    const before = this.chunked && data.length > 0 ? `${this.text}${data.length.toString(16)}\r\n` : this.text;
    const after = this.chunked ? (data.length > 0 ? (last ? '\r\n0\r\n\r\n' : '\r\n') : last ? '0\r\n\r\n' : '') : '';
    this.text = '';
    const total = before.length + data.length + after.length;
    if (total === 0) return true;
    this.bytesOut += total;
    const { socket } = this.connection;
    if (this.backlog.length > 0) {
      this.backlog.push(Buffer.from(before, 'latin1'), data, Buffer.from(after, 'latin1'));
      return false;
    }
    if (data.length === 0) return socket.write(before + after, 'latin1');
    if (data.length > COPY_MAX) return this.sendParts(before, data, after);
    if (before === '' && after === '') return socket.write(data);
    const all = Buffer.allocUnsafe(total);
    all.write(before, 0, 'latin1');
    data.copy(all, before.length);
    if (after !== '') all.write(after, before.length + data.length, 'latin1');
    return socket.write(all);
  }

  private sendParts(before: string, data: Buffer, after: string): boolean {
    const { socket } = this.connection;
    socket.cork();
    if (before !== '') socket.write(before, 'latin1');
    let flowing = socket.write(data.length > SLICE ? data.subarray(0, SLICE) : data);
    if (data.length > SLICE) this.keepRest(data, after);
    else if (after !== '') flowing = socket.write(after, 'latin1');
    socket.uncork();
    return flowing && this.backlog.length === 0;
  }

  private keepRest(data: Buffer, after: string): void {
    for (let at = SLICE; at < data.length; at += SLICE) this.backlog.push(data.subarray(at, at + SLICE));
    if (after !== '') this.backlog.push(Buffer.from(after, 'latin1'));
  }
}
