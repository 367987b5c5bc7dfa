import { createHash } from 'node:crypto';
import { Collection, type Item, paginate } from '../../host/collection.js';
import type { Exchange } from '../../host/exchange.js';
import { Failure, notFound } from '../../host/failure.js';
import type { Mock, MockEnvironment } from '../../host/mock.js';
import { created, noContent, ok, type Reply } from '../../host/reply.js';
import { existing, selector } from '../../host/resource.js';
import type { StreamingHandler } from '../../host/router.js';
import { nestMock, nestPage, stamps } from '../nest.js';

const MAX_SAMPLE = 16 * 1024 ** 3;
const MAX_KEPT_FILE = 1024 * 1024;
const MAX_KEPT_ALL = 16 * MAX_KEPT_FILE;
const CHUNK = Buffer.from(Uint8Array.from({ length: 64 * 1024 }, (_, i) => i % 251));

/** Contents of small uploads; the oldest go when sixteen MiB are reached. */
class Contents {
  readonly #kept = new Map<string, Buffer>();
  #bytes = 0;

  get(id: string): Buffer | undefined {
    return this.#kept.get(id);
  }

  set(id: string, content: Buffer): void {
    this.remove(id);
    this.#kept.set(id, content);
    this.#bytes += content.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= MAX_KEPT_ALL) return;
      this.remove(oldest);
    }
  }

  remove(id: string): void {
    this.#bytes -= this.#kept.get(id)?.length ?? 0;
    this.#kept.delete(id);
  }
}

interface Upload {
  readonly size: number;
  readonly sha256: string;
  /** Undefined for what was too large to keep. */
  readonly content: Buffer | undefined;
}

async function receive(x: Exchange): Promise<Upload> {
  const hash = createHash('sha256');
  let kept: Buffer[] | undefined = [];
  let size = 0;
  for await (const chunk of x.chunks()) {
    size += chunk.length;
    hash.update(chunk);
    if (size > MAX_KEPT_FILE) kept = undefined;
    else kept?.push(chunk);
  }
  return { size, sha256: hash.digest('hex'), content: kept === undefined ? undefined : Buffer.concat(kept) };
}

/** Bytes [from, to) of a file: what was kept, else a pattern whose byte i is i % 251 within each 64 KiB. */
async function* bytes(content: Buffer | undefined, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to; ) {
    const inChunk = at % CHUNK.length;
    const length = Math.min(CHUNK.length - inChunk, to - at);
    yield content === undefined ? CHUNK.subarray(inChunk, inChunk + length) : content.subarray(at, at + length);
    at += length;
  }
}

/** A whole file, or the one range that the client wants (RFC 9110 section 14). */
function download(x: Exchange, contentType: string, size: number, content: Buffer | undefined): Reply {
  const headers = { 'content-type': contentType, 'accept-ranges': 'bytes' };
  const range = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(x.headers.range ?? '');
  if (range === null) return { status: 200, headers: { ...headers, 'content-length': String(size) }, stream: bytes(content, 0, size) };
  const from = Number(range[1]);
  const to = range[2] === '' ? size : Math.min(size, Number(range[2]) + 1);
  if (from >= to) return { status: 416, headers: { ...headers, 'content-range': `bytes */${size}` } };
  const partial = { 'content-length': String(to - from), 'content-range': `bytes ${from}-${to - 1}/${size}` };
  return { status: 206, headers: { ...headers, ...partial }, stream: bytes(content, from, to) };
}

function sample(x: Exchange): Reply {
  const size = Number(x.query.get('bytes') ?? 1024 * 1024);
  if (!Number.isInteger(size) || size < 0 || size > MAX_SAMPLE) throw new Failure(400, `bytes must be a whole number up to ${MAX_SAMPLE}`);
  return download(x, 'application/octet-stream', size, undefined);
}

const seed: readonly Item[] = [
  {
    id: 'med_1001',
    interviewId: 'int_1002',
    filename: 'answer-1.webm',
    contentType: 'video/webm',
    size: 4 * CHUNK.length,
    sha256: createHash('sha256')
      .update(Buffer.concat([CHUNK, CHUNK, CHUNK, CHUNK]))
      .digest('hex'),
    status: 'ready',
    createdAt: '2026-03-11T15:42:00.000Z',
    updatedAt: '2026-03-11T15:42:00.000Z',
  },
];

/**
 * Recordings. Uploads and downloads stream: only files up to 1 MiB are kept; of larger ones the size and the digest are, and a download gives a pattern.
 * `GET /media/sample?bytes=N` gives N bytes of it.
 */
export function mediaService({ now }: MockEnvironment): Mock {
  const files = new Collection('med_', seed);
  const contents = new Contents();
  const find = (x: Exchange): Item => existing(files.get(x.param('id')), 'Media');
  const describe = (x: Exchange, upload: Upload): object => ({
    interviewId: x.query.get('interviewId'),
    filename: x.query.get('filename') ?? 'upload.bin',
    contentType: x.headers['content-type'] ?? 'application/octet-stream',
    size: upload.size,
    sha256: upload.sha256,
    status: 'ready',
  });
  const upload = async (x: Exchange): Promise<Reply> => {
    const got = await receive(x);
    const file = files.add({ ...describe(x, got), ...stamps(now()) });
    if (got.content !== undefined) contents.set(String(file.id), got.content);
    return created(file);
  };
  const replace = async (x: Exchange): Promise<Reply> => {
    const { id } = find(x);
    const got = await receive(x);
    contents.remove(String(id));
    if (got.content !== undefined) contents.set(String(id), got.content);
    return ok(files.update(id, { ...describe(x, got), updatedAt: new Date(now()).toISOString() }));
  };
  const streaming = (handle: StreamingHandler['handle']): StreamingHandler => ({ streams: true, handle });
  return nestMock({
    'GET /media': (x) => ok(nestPage(paginate(files.all(selector(x.query, ['interviewId', 'status'])), x.query))),
    'POST /media': streaming(upload),
    'POST /media/upload': streaming(upload),
    'GET /media/sample': sample,
    'GET /media/:id': (x) => ok(find(x)),
    'GET /media/:id/content': (x) => {
      const { id, contentType, size } = find(x);
      return download(x, String(contentType), Number(size), contents.get(String(id)));
    },
    'PUT /media/:id/content': streaming(replace),
    'DELETE /media/:id': (x) => {
      if (!files.remove(x.param('id'))) throw notFound('Media');
      contents.remove(x.param('id'));
      return noContent;
    },
  });
}
