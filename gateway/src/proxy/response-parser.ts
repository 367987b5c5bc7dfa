/** Reads HTTP/1 answers of services from pieces of any size (RFC 9112). Strict about framing, as nginx's proxy module is. */
import { HeaderList } from '../headers.js';
import { ChunkedDecoder, ChunkFault } from '../http1/chunked.js';
import { findHeadEnd } from '../http1/head-parser.js';
import { responseKey } from '../http1/header-names.js';

/** The service's bytes are no valid answer. */
export class ResponseFault extends Error {
  readonly code = 'UPSTREAM_RESPONSE_INVALID';
}

export interface ResponseStart {
  readonly status: number;
  readonly headers: HeaderList;
  /** The connection can carry another request after this answer. */
  readonly reusable: boolean;
  /** Bytes of the body; null when chunked or until the connection ends. */
  readonly length: number | null;
}

/** Receives an answer in order: one head, pieces of the body, the end. */
export interface ResponseSink {
  head(start: ResponseStart): void;
  data(chunk: Buffer): void;
  end(): void;
}

/** Headers that count once: nginx keeps the first line and drops the others. */
const ONCE = new Set(['content-type', 'date', 'etag', 'expires', 'last-modified', 'location', 'refresh', 'server', 'status']);

/** nginx's proxy_buffer_size, which Kong leaves at a page: a head that is longer is no valid answer. */
const BUFFER_SIZE = 4096;
const STATUS_LINE = /^HTTP\/1\.(\d{1,3}) +(\d{3})(?: [^\r\n]*)?\r?\n/;
const BAD_BYTES = /\0|\r(?!\n)/;

function parseFields(text: string, from: number): HeaderList {
  const headers = new HeaderList();
  for (let pos = from; pos < text.length; ) {
    let end = text.indexOf('\n', pos);
    if (end < 0) end = text.length;
    const next = end + 1;
    if (text.charCodeAt(end - 1) === 13) end--;
    if (end <= pos) break;
    const colon = text.indexOf(':', pos);
    const key = colon < 0 || colon > end ? null : responseKey(text.slice(pos, colon));
    if (key === null) throw new ResponseFault('the service sent a header line that is not valid');
    let first = colon + 1;
    while (first < end && (text.charCodeAt(first) === 32 || text.charCodeAt(first) === 9)) first++;
    while (end > first && (text.charCodeAt(end - 1) === 32 || text.charCodeAt(end - 1) === 9)) end--;
    if (!ONCE.has(key) || !headers.has(key)) headers.push(text.slice(pos, colon), key, text.slice(first, end));
    pos = next;
  }
  return headers;
}

type Mode = 'head' | 'sized' | 'chunked' | 'untilClose' | 'done';

export class ResponseParser {
  private mode: Mode = 'head';
  private pending: Buffer | null = null;
  private searched = 0;
  private remaining = 0;
  private decoder: ChunkedDecoder | null = null;
  /** Bytes of the body, as they came, since a buffering proxy last passed some on; how many its buffer holds, and how many it awaits. */
  private taken = 0;
  private room = BUFFER_SIZE;
  private awaited = 0;

  constructor(private readonly sink: ResponseSink) {}

  private bodiless = false;

  /** Makes ready for the next answer. `head`: it answers a HEAD request and has no body. */
  reset(head: boolean): void {
    this.mode = 'head';
    this.bodiless = head;
    this.pending = null;
    this.searched = 0;
    this.decoder = null;
  }

  get started(): boolean {
    return this.mode !== 'head';
  }

  get done(): boolean {
    return this.mode === 'done';
  }

  /**
   * Whether a buffering proxy passes on what it holds (nginx: ngx_event_pipe_read_upstream): its buffer is full, or as much came as the
   * body still lacked at least when it last did so. Chunks pass as they come then, sized bodies when complete.
   */
  get ripe(): boolean {
    return this.taken >= this.awaited || this.taken >= this.room;
  }

  /** What was held is on its way. */
  passedOn(): void {
    this.taken = 0;
    this.room = BUFFER_SIZE;
    this.awaited = this.leastLeft();
  }

  private leastLeft(): number {
    if (this.mode === 'sized') return this.remaining;
    return this.decoder?.leastLeft ?? Number.POSITIVE_INFINITY;
  }

  /**
   * Reads one piece; returns what follows the answer (empty but for an upgrade or a service that says too much).
   * @throws ResponseFault, ChunkFault
   */
  push(chunk: Buffer): Buffer {
    let bytes = chunk;
    while (bytes.length > 0 && this.mode !== 'done') bytes = this.mode === 'head' ? this.readHead(bytes) : this.readBody(bytes);
    return bytes;
  }

  /** The connection ended: true when that completes the answer. */
  finish(): boolean {
    if (this.mode !== 'untilClose') return this.mode === 'done';
    this.complete();
    return true;
  }

  private readHead(chunk: Buffer): Buffer {
    const bytes = this.pending === null ? chunk : Buffer.concat([this.pending, chunk]);
    const found = findHeadEnd(bytes, this.searched);
    if (found ? found.next > BUFFER_SIZE : bytes.length >= BUFFER_SIZE) throw new ResponseFault('the service sent a head that is too long');
    if (!found) {
      this.pending = bytes;
      this.searched = bytes.length;
      return Buffer.alloc(0);
    }
    this.pending = null;
    this.searched = 0;
    this.taken = 0;
    this.room = BUFFER_SIZE - found.next;
    this.begin(bytes.toString('latin1', 0, found.end));
    return found.next === bytes.length ? Buffer.alloc(0) : bytes.subarray(found.next);
  }

  private begin(text: string): void {
    const line = STATUS_LINE.exec(text);
    if (!line || BAD_BYTES.test(text)) throw new ResponseFault('the service did not answer in HTTP/1');
    const status = Number(line[2]);
    if (status < 100) throw new ResponseFault('the service sent a status that is not valid');
    const headers = parseFields(text, line[0].length);
    // Interim answers (RFC 9110 §15.2) are not passed on; 101 ends HTTP on this connection.
    if (status < 200 && status !== 101) return;
    const coding = headers.get('transfer-encoding');
    const length = this.lengthOf(headers, coding);
    const connection = headers.get('connection')?.toLowerCase();
    const persistent = Number(line[1]) > 0 ? !connection?.includes('close') : connection?.includes('keep-alive') === true;
    const none = this.bodiless || status === 204 || status === 304 || status === 101;
    const untilClose = !none && coding === undefined && length === null;
    this.mode = none ? 'done' : coding !== undefined ? 'chunked' : untilClose ? 'untilClose' : 'sized';
    this.decoder = this.mode === 'chunked' ? new ChunkedDecoder() : null;
    this.remaining = length ?? 0;
    this.awaited = this.leastLeft();
    this.sink.head({ status, headers, reusable: persistent && !untilClose && status !== 101, length });
    if (none || (this.mode === 'sized' && this.remaining === 0)) this.complete();
  }

  private lengthOf(headers: HeaderList, coding: string | undefined): number | null {
    const values = headers.getAll('content-length');
    if (coding !== undefined) {
      if (coding.toLowerCase() !== 'chunked') throw new ResponseFault('the service used an unknown transfer coding');
      if (values.length > 0) throw new ResponseFault('the service sent a length and a transfer coding');
      if (headers.getAll('transfer-encoding').length > 1) throw new ResponseFault('the service sent two transfer codings');
      return null;
    }
    if (values.length === 0) return null;
    if (values.length > 1 || !/^\d{1,15}$/.test(values[0]!)) throw new ResponseFault('the service sent a length that is not valid');
    return Number(values[0]);
  }

  private readBody(bytes: Buffer): Buffer {
    this.taken += bytes.length;
    if (this.mode === 'untilClose') {
      this.sink.data(bytes);
      return Buffer.alloc(0);
    }
    if (this.mode === 'sized') {
      const take = Math.min(this.remaining, bytes.length);
      this.remaining -= take;
      this.sink.data(take === bytes.length ? bytes : bytes.subarray(0, take));
      if (this.remaining === 0) this.complete();
      return take === bytes.length ? Buffer.alloc(0) : bytes.subarray(take);
    }
    return this.readChunks(bytes);
  }

  private readChunks(bytes: Buffer): Buffer {
    const decoder = this.decoder!;
    let used: number;
    try {
      used = decoder.push(bytes, (data) => this.sink.data(data));
    } catch (error) {
      throw error instanceof ChunkFault ? new ResponseFault(error.message) : error;
    }
    if (decoder.done) this.complete();
    return bytes.subarray(used);
  }

  private complete(): void {
    this.mode = 'done';
    this.sink.end();
  }
}
