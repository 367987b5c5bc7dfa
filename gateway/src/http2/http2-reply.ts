/** The answer to one HTTP/2 request. */
import type http2 from 'node:http2';
import type { HeaderList } from '../headers.js';
import type { Reply } from '../http1/reply.js';
import type { Http2Exchange } from './http2-exchange.js';

/** A larger piece goes out in slices, each when the one before was taken: so a slow client is told from one that is stuck. */
const SLICE = 262_144;
const TOKEN = /^[a-z0-9!#$%&'*+\-.^_`|~]+$/;
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/g;
/** They belong to a connection of HTTP/1 (RFC 9113 §8.2.2). */
const LEFT_OUT = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'content-length']);

/** The fields of an answer's header block; a field that HTTP/2 can't carry is left out. */
export function fieldsOf(status: number, headers: HeaderList, length: number | null): http2.OutgoingHttpHeaders {
  const fields: http2.OutgoingHttpHeaders = Object.create(null);
  fields[':status'] = status;
  const { keys, values } = headers;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    if (LEFT_OUT.has(key) || !TOKEN.test(key)) continue;
    const value = values[i]!.replace(CONTROL, ' ');
    const known = fields[key];
    fields[key] = known === undefined ? value : Array.isArray(known) ? [...known, value] : [String(known), value];
  }
  if (length !== null && status !== 204) fields['content-length'] = length;
  return fields;
}

export class Http2Reply implements Reply {
  private fields: http2.OutgoingHttpHeaders | null = null;
  /** Bytes still to come; null when unknown. */
  private left: number | null = null;
  private bodiless = false;
  private backlog: Buffer[] = [];
  private lastQueued = false;
  headSent = false;
  finished = false;
  closed = false;
  bytesOut = 0;
  onDrain: (() => void) | null = null;
  onAbort: (() => void) | null = null;

  constructor(
    private readonly exchange: Http2Exchange,
    private readonly stream: http2.ServerHttp2Stream,
  ) {}

  start(status: number, headers: HeaderList, length: number | null, bodiless: boolean): void {
    this.headSent = true;
    this.bodiless = bodiless;
    this.left = bodiless ? 0 : length;
    // A status below 200 announces another answer, and none follows.
    if (status < 200) return this.abort(true);
    const sent = headers.get('content-length');
    const shown = bodiless ? (sent === undefined ? null : Number(sent)) : length;
    this.fields = fieldsOf(status, headers, shown);
  }

  write(chunk: Buffer, last: boolean): boolean {
    if (this.closed || this.finished) return true;
    const data = this.within(chunk);
    const ends = last && data.length === 0 && this.backlog.length === 0;
    this.sendHead(ends);
    for (let at = 0; at < data.length; at += SLICE) this.backlog.push(data.subarray(at, at + SLICE));
    this.lastQueued ||= last;
    const flowing = this.pump();
    if (!flowing && !this.finished) this.exchange.waiting();
    return flowing;
  }

  flush(): void {
    if (!this.closed && !this.finished) this.sendHead(false);
  }

  /** Nothing of a stream is in doubt for the others. */
  closeAfter(): void {}

  abort(drop: boolean): void {
    if (this.closed || this.finished) return;
    if (!drop) this.sendHead(false);
    this.finished = true;
    this.onAbort = null;
    this.backlog = [];
    this.exchange.cutOff();
  }

  /** No upgrade is granted to a stream. */
  tunnel(): void {
    this.abort(true);
  }

  /** The stream can take more. */
  drained(): void {
    if (this.finished) return;
    if (!this.pump()) this.exchange.waiting();
    else if (!this.finished) this.onDrain?.();
  }

  /** The client is gone, or gave this request up. */
  aborted(): void {
    this.closed = true;
    if (this.finished) return;
    this.finished = true;
    this.backlog = [];
    const notify = this.onAbort;
    this.onAbort = null;
    notify?.();
  }

  private within(chunk: Buffer): Buffer {
    if (this.left === null) return chunk;
    const data = chunk.length > this.left ? chunk.subarray(0, this.left) : chunk;
    this.left -= data.length;
    return data;
  }

  private sendHead(ends: boolean): void {
    const { fields, stream } = this;
    if (!fields || stream.destroyed) return;
    this.fields = null;
    for (const [name, value] of Object.entries(fields)) this.bytesOut += name.length + String(value).length;
    stream.respond(fields, { endStream: ends || this.bodiless });
  }

  /** Gives the stream as much as it takes; true when everything is on its way. */
  private pump(): boolean {
    const { stream } = this;
    while (this.backlog.length > 0) {
      const piece = this.backlog.shift()!;
      this.bytesOut += piece.length;
      if (!stream.write(piece)) break;
    }
    const all = this.backlog.length === 0;
    if (all && this.lastQueued) this.complete();
    return all && !stream.writableNeedDrain;
  }

  private complete(): void {
    this.finished = true;
    this.onAbort = null;
    this.onDrain = null;
    // A body that is shorter than announced must not look whole.
    if (this.left !== null && this.left > 0) this.exchange.cutOff();
    else this.exchange.answered();
  }
}
