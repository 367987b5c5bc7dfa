import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { Failure } from './failure.js';
import type { Recording } from './recorder.js';

/** A JSON object of unknown shape. */
export type JsonObject = Record<string, unknown>;

/** Largest body of a request that is not streamed, in bytes. */
export const MAX_BODY = 1024 * 1024;

/** One request as a handler sees it. */
export class Exchange {
  /** Values of the pattern's `:names`, percent-decoded. */
  params: Record<string, string> = {};
  readonly method: string;
  /** Without the query and without a trailing slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** The whole body, once read; empty for streamed routes. */
  body: Buffer = Buffer.alloc(0);
  #claims: JsonObject | undefined;

  /** @param recording gets each piece of the body. */
  constructor(
    readonly request: IncomingMessage,
    private readonly recording: Recording,
  ) {
    const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/s);
    this.method = request.method ?? 'GET';
    this.path = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    this.query = new URLSearchParams(query);
    this.headers = request.headers;
  }

  /** The value of a `:name`; empty when the pattern has no such name. */
  param(name: string): string {
    return this.params[name] ?? '';
  }

  /** The body piece by piece with back-pressure; each piece is recorded as it passes. */
  async *chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of this.request) {
      this.recording.add(chunk as Buffer);
      yield chunk as Buffer;
    }
    this.recording.finish();
  }

  /** Reads the whole body into `body`; Failure 413 past 1 MiB (the rest is read and dropped, so that the answer arrives). */
  async readBody(): Promise<void> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.chunks()) {
      bytes += chunk.length;
      if (bytes <= MAX_BODY) chunks.push(chunk);
    }
    if (bytes > MAX_BODY) throw new Failure(413, 'Request body is too large');
    this.body = Buffer.concat(chunks);
  }

  /** The body as a JSON object (an empty body counts as one); Failure 400 for anything else. */
  json(): JsonObject {
    if (this.body.length === 0) return {};
    const value = parseJson(this.body.toString('utf8'));
    if (!isObject(value)) throw new Failure(400, 'Request body must be a JSON object');
    return value;
  }

  /** The JSON body checked against a schema; Failure 400 with one line per bad field. */
  parse<T>(schema: z.ZodType<T>): T {
    const result = schema.safeParse(this.json());
    if (result.success) return result.data;
    const details = result.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
    throw new Failure(400, 'Validation failed', 'VALIDATION_FAILED', details);
  }

  /** The bearer token's claims, not verified: the gateway has done that. Empty without a readable token. */
  get claims(): JsonObject {
    this.#claims ??= decodeClaims(this.headers.authorization ?? '');
    return this.#claims;
  }

  /** Who asks: the gateway's X-User-Id, else the token's subject, else the fall-back. */
  userId(fallback: string): string {
    const header = this.headers['x-user-id'];
    if (typeof header === 'string' && header !== '') return header;
    const claim = this.claims['userId'] ?? this.claims['user_id'] ?? this.claims['sub'];
    return claim === undefined ? fallback : String(claim);
  }
}

/** Whether a value is a JSON object (no array, not null). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(400, 'Request body is not valid JSON');
  }
}

function decodeClaims(authorization: string): JsonObject {
  const [, payload] = authorization.replace(/^bearer +/i, '').split('.', 2);
  if (payload === undefined) return {};
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isObject(claims) ? claims : {};
  } catch {
    return {};
  }
}
