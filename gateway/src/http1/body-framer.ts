/** Cuts one request's body out of the bytes of its connection, sized or chunked. */
import { streamed } from '../proxy/memory-valve.js';
import { ChunkedDecoder } from './chunked.js';
import type { RequestHead } from './head-parser.js';
import type { RequestBody } from './request-body.js';

const NOTHING = Buffer.alloc(0);

export class BodyFramer {
  private readonly decoder: ChunkedDecoder | null;
  private remaining: number;

  constructor(
    head: RequestHead,
    readonly body: RequestBody,
  ) {
    this.decoder = head.chunked ? new ChunkedDecoder() : null;
    this.remaining = head.contentLength ?? 0;
  }

  /**
   * Gives what belongs to the body to it, and returns what follows the body.
   * @throws ChunkFault
   */
  push(bytes: Buffer): Buffer {
    streamed(bytes.length);
    return this.decoder ? this.pushChunked(bytes, this.decoder) : this.pushSized(bytes);
  }

  private pushSized(bytes: Buffer): Buffer {
    const more = bytes.length > this.remaining;
    const chunk = more ? bytes.subarray(0, this.remaining) : bytes;
    const rest = more ? bytes.subarray(this.remaining) : NOTHING;
    this.remaining -= chunk.length;
    this.body.push(chunk);
    if (this.remaining === 0) this.body.finish();
    return rest;
  }

  private pushChunked(bytes: Buffer, decoder: ChunkedDecoder): Buffer {
    const used = decoder.push(bytes, (data) => this.body.push(data));
    if (decoder.done) this.body.finish();
    return bytes.subarray(used);
  }
}
