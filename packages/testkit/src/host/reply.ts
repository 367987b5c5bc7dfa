import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What a mock answers: at most one of `json`, `bytes` and `stream` is its body. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly bytes?: Buffer | string;
  readonly stream?: AsyncIterable<Buffer>;
}

/** Waits for a number of milliseconds; rejects when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

const SLOW_CHUNKS = 10;

/** 200 with a JSON body. */
export const ok = (json: unknown): Reply => ({ status: 200, json });
/** 201 with a JSON body. */
export const created = (json: unknown): Reply => ({ status: 201, json });
/** 202 with a JSON body. */
export const accepted = (json: unknown): Reply => ({ status: 202, json });
/** 204. */
export const noContent: Reply = { status: 204 };

/**
 * Writes a reply; resolves once it has left or the client has gone.
 * @param slowMs pause before each of ten chunks of the body; 0 sends it at once with its length.
 */
export async function send(response: ServerResponse, reply: Reply, slowMs: number, sleep: Sleep, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const body = bodyOf(reply);
  const headers = { ...(reply.json === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }), ...reply.headers };
  if (Buffer.isBuffer(body) && slowMs === 0) {
    const hasLength = body.length > 0 || (reply.status >= 200 && reply.status !== 204 && reply.status !== 304);
    response.writeHead(reply.status, hasLength ? { 'content-length': String(body.length), ...headers } : headers);
    response.end(body);
    return;
  }
  response.writeHead(reply.status, headers);
  response.flushHeaders();
  const chunks = Buffer.isBuffer(body) ? pieces(body) : body;
  const paced = slowMs > 0 ? slowly(chunks, slowMs, sleep, signal) : chunks;
  // The client's leaving is an outcome that tests want to see, not a fault of the mock.
  await pipeline(Readable.from(paced, { objectMode: false }), response).catch(() => response.destroy());
}

function bodyOf(reply: Reply): Buffer | AsyncIterable<Buffer> {
  if (reply.stream !== undefined) return reply.stream;
  if (reply.bytes !== undefined) return Buffer.from(reply.bytes);
  return Buffer.from(reply.json === undefined ? '' : JSON.stringify(reply.json));
}

function* pieces(body: Buffer): Generator<Buffer> {
  const size = Math.max(1, Math.ceil(body.length / SLOW_CHUNKS));
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

async function* slowly(
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  slowMs: number,
  sleep: Sleep,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    await sleep(slowMs, signal);
    yield chunk;
  }
}
