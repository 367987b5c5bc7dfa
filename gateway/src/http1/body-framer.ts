/** Cuts one request's body out of the bytes of its connection, sized or chunked. */
import { streamed } from '../proxy/memory-valve.js';
import { ChunkedDecoder, ChunkFault } from './chunked.js';
import type { RequestHead } from './head-parser.js';
import { BodyFault, type RequestBody } from './request-body.js';

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

  /** Gives what belongs to the body to it, and returns what follows the body; nothing does where the framing is broken. */
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

  /** All chunks of one read go on as one piece: a body of tiny chunks must not become a heap of tiny buffers. */
  private pushChunked(bytes: Buffer, decoder: ChunkedDecoder): Buffer {
    const pieces: Buffer[] = [];
    try {
      const used = decoder.push(bytes, (data) => pieces.push(data));
      if (pieces.length > 0) this.body.push(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
      if (decoder.done) this.body.finish();
      return bytes.subarray(used);
    } catch (error) {
      if (!(error instanceof ChunkFault)) throw error;
      this.body.fail(new BodyFault(400, error.message));
      return NOTHING;
    }
  }
}
