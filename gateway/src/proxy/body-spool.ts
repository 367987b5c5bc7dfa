/**
 * Collects a request's body before the service is asked (Kong's request_buffering): in memory up to 64 KiB, then in a temporary
 * file, so that memory stays flat whatever the client sends.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BodyFault, compact, type RequestBody } from '../http1/request-body.js';
import { BodyTooLarge } from '../plugin.js';

const MEMORY_MAX = 65_536;
/** Bytes handed to the file but not yet written; past it the client waits. */
const QUEUE_MAX = 262_144;
const READ_SIZE = 131_072;

/** A body that is wholly here: in memory, or in a file that nothing else can see. */
export type CollectedBody = { length: number; memory: Buffer; file: null } | { length: number; memory: null; file: SpoolFile };

/** An unlinked temporary file. `close` frees it once nobody reads it any more; safe to call twice. */
export class SpoolFile {
  private readers = 0;
  private unwanted = false;
  private closed = false;
  constructor(readonly descriptor: number) {}

  /**
   * The content from the start, as often as retries need it. To be read to its end, or destroyed.
   * @throws BodyFault when the file was closed: its descriptor may be another request's by then.
   */
  read(): fs.ReadStream {
    if (this.unwanted) throw new BodyFault(null, 'the request is over');
    this.readers++;
    // A stream that is destroyed closes what it reads; this one must not, as a retry reads the same descriptor.
    const close = (_descriptor: number, done: (error: null) => void): void => {
      this.readers--;
      this.release();
      done(null);
    };
    return fs.createReadStream('', { fd: this.descriptor, start: 0, highWaterMark: READ_SIZE, fs: { read: fs.read, close } });
  }

  close(): void {
    this.unwanted = true;
    this.release();
  }

  private release(): void {
    if (!this.unwanted || this.readers > 0 || this.closed) return;
    this.closed = true;
    fs.close(this.descriptor, () => {});
  }
}

function openUnlinked(): number {
  const name = path.join(os.tmpdir(), `gatehouse-${process.pid}-${randomBytes(12).toString('hex')}`);
  const descriptor = fs.openSync(name, 'wx+', 0o600);
  fs.unlinkSync(name);
  return descriptor;
}

class Collector {
  private chunks: Buffer[] = [];
  private size = 0;
  private queued = 0;
  private position = 0;
  private writing = false;
  private ended = false;
  private failed = false;
  private file: SpoolFile | null = null;

  constructor(
    private readonly body: RequestBody,
    private readonly limit: number,
    private readonly resolve: (collected: CollectedBody) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  data(chunk: Buffer): void {
    if (this.failed) return;
    this.chunks.push(chunk);
    this.size += chunk.length;
    this.queued += chunk.length;
    if (this.size > this.limit) {
      this.error(new BodyTooLarge(this.limit));
      return;
    }
    if (!this.file && this.size <= MEMORY_MAX) return compact(this.chunks);
    try {
      this.file ??= new SpoolFile(openUnlinked());
    } catch (error) {
      this.error(error as Error);
      return;
    }
    if (this.queued > QUEUE_MAX) this.body.pause();
    this.write();
  }

  end(): void {
    this.ended = true;
    if (this.failed) return;
    if (this.file) {
      this.write();
      return;
    }
    const memory = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks);
    this.resolve({ length: memory.length, memory, file: null });
  }

  error(error: BodyFault | Error): void {
    if (this.failed) return;
    this.failed = true;
    if (!this.writing) this.file?.close();
    this.reject(error);
  }

  private write(): void {
    if (this.writing) return;
    if (this.chunks.length === 0) {
      if (this.ended) this.resolve({ length: this.size, memory: null, file: this.file! });
      return;
    }
    const batch = this.chunks;
    const bytes = this.queued;
    this.chunks = [];
    this.queued = 0;
    this.writing = true;
    fs.writev(this.file!.descriptor, batch, this.position, (error, written) => {
      this.writing = false;
      if (this.failed) {
        this.file!.close();
        return;
      }
      if (error || written !== bytes) {
        this.error(error ?? new Error('the temporary file is full'));
        return;
      }
      this.position += bytes;
      this.body.resume();
      this.write();
    });
  }
}

/**
 * Reads the whole body.
 * @param limit bytes; past it the promise rejects with BodyTooLarge and the rest is dropped.
 * Rejects with BodyFault when the client does not deliver, or with the file system's error.
 */
export function collectBody(body: RequestBody, limit = Number.POSITIVE_INFINITY): Promise<CollectedBody> {
  if (body.length !== null && body.length > limit) return Promise.reject(new BodyTooLarge(limit));
  return new Promise((resolve, reject) => body.read(new Collector(body, limit, resolve, reject)));
}

/** The content as one buffer; reads the file when there is one. */
export async function inMemory(collected: CollectedBody): Promise<Buffer> {
  if (collected.memory) return collected.memory;
  const chunks: Buffer[] = [];
  for await (const chunk of collected.file!.read()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
